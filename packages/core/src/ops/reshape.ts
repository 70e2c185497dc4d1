import { applyAlias } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { countElements, isSameShape, type Shape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";

/** Shares the memory, so it has no kernel and isn't in the op table. */
const reshapeOp = defineOp<{ readonly shape: Shape }>()({
  name: "reshape",
  inputs: ["x"],
  outputs: ["y"],
  infer: ([x], { shape }) => [{ shape, dtype: (x as TensorSpec).dtype }],
  vjp: { x: { saves: [], grad: ({ dy, spec }) => reshape(dy, spec(0).shape) } },
});

/**
 * The same elements in another shape; one size may be −1 and follows from the others. Shares memory.
 * @throws ShapeError if the elements differ, or −1 stands beside a 0 and could be anything.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const resolved = resolveShape(x.shape, shape);
  return isSameShape(resolved, x.shape) ? x : applyAlias(reshapeOp, x, { shape: resolved });
}

function resolveShape(from: Shape, to: Shape): Shape {
  const elements = countElements(from);
  const open = to.indexOf(-1);
  const known = countElements(to.filter((size) => size !== -1));
  const resolved = open < 0 ? to : to.map((size, axis) => (axis === open ? elements / known : size));
  const isValid = resolved.every((size) => Number.isInteger(size) && size >= 0) && countElements(resolved) === elements;
  if (isValid) return resolved;
  throw new ShapeError("reshape", {
    rule: `shape must hold the ${elements} elements of x ${formatShape(from)}`,
    got: formatShape(to),
  });
}
