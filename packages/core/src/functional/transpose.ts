import { permute } from "../ops/permute";
import { normalizeAxis } from "../shape";
import type { Tensor } from "../tensor";

/** Swaps the axes a and b; a copy. @throws ShapeError if one is out of range. */
export function transpose(x: Tensor, a: number, b: number): Tensor {
  const first = normalizeAxis("transpose", a, x.shape.length, "a");
  const second = normalizeAxis("transpose", b, x.shape.length, "b");
  return permute(
    x,
    x.shape.map((_, axis) => (axis === first ? second : axis === second ? first : axis)),
  );
}
