import { formatShape, ShapeError } from "../errors";
import { isSameShape, type TensorSpec } from "../shape";
import { requireWideFloats } from "./rules";

/** Shape rule of the optimizer steps: grad and state have the parameter's shape, `hyper` (argument 2) holds `count` numbers. */
export function requireStepShapes(
  op: string,
  names: readonly string[],
  specs: readonly TensorSpec[],
  count: number,
): readonly TensorSpec[] {
  requireWideFloats(op, names, specs);
  const param = specs[0] as TensorSpec;
  for (const [i, { shape }] of specs.entries()) {
    const wanted = i === 2 ? [count] : param.shape;
    if (isSameShape(shape, wanted)) continue;
    const rule = i === 2 ? `hyper must hold ${count} numbers` : `${names[i]} must have param's shape ${formatShape(wanted)}`;
    throw new ShapeError(op, { rule, got: formatShape(shape) });
  }
  return [];
}
