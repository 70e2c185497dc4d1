import type { DType } from "../dtype";
import { DTypeError } from "../errors";
import type { TensorSpec } from "../shape";

const FLOATS: readonly DType[] = ["f32", "f64"];
const NUMBERS: readonly DType[] = ["f32", "f64", "i32"];

/** @throws DTypeError unless all specs have one and the same dtype out of `allowed`. */
function requireDType(
  op: string,
  names: readonly string[],
  specs: readonly TensorSpec[],
  allowed: readonly DType[] | null,
): DType {
  const first = specs[0] as TensorSpec;
  const got = () => specs.map(({ dtype }, i) => `${names[i] ?? names.at(-1)} ${dtype}`).join(", ");
  if (allowed && !allowed.includes(first.dtype)) {
    throw new DTypeError(op, { rule: `${names[0]} must be ${allowed.join(" or ")}`, got: got(), fix: "Convert it with toDtype" });
  }
  if (specs.some(({ dtype }) => dtype !== first.dtype)) {
    throw new DTypeError(op, { rule: `${names.join(", ")} must have one dtype`, got: got(), fix: "Convert one with toDtype" });
  }
  return first.dtype;
}

/** One floating dtype for all. */
export const requireFloats = (op: string, names: readonly string[], specs: readonly TensorSpec[]): DType =>
  requireDType(op, names, specs, FLOATS);

/** One dtype for all: a float or i32. */
export const requireNumbers = (op: string, names: readonly string[], specs: readonly TensorSpec[]): DType =>
  requireDType(op, names, specs, NUMBERS);

/** One dtype for all, whichever it is: for ops that only move elements. */
export const requireSameDType = (op: string, names: readonly string[], specs: readonly TensorSpec[]): DType =>
  requireDType(op, names, specs, null);

/** @throws DTypeError unless `spec` is `dtype`. */
export function requireExactly(op: string, name: string, spec: TensorSpec, dtype: DType): void {
  if (spec.dtype === dtype) return;
  throw new DTypeError(op, { rule: `${name} must be ${dtype}`, got: spec.dtype, fix: `Convert it with toDtype("${dtype}")` });
}
