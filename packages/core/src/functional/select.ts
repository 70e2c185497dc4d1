import { ShapeError } from "../errors";
import { reshape } from "../ops/reshape";
import { sliceAxis } from "../ops/slice";
import { normalizeAxis, sizeAt } from "../shape";
import type { Tensor } from "../tensor";

/** The part of x at `index` of `axis`, without that axis; a negative index counts from the end. @throws ShapeError if out of range. */
export function select(x: Tensor, axis: number, index: number): Tensor {
  const at = normalizeAxis("select", axis, x.shape.length);
  const size = sizeAt(x.shape, at);
  const position = index < 0 ? index + size : index;
  if (!Number.isInteger(position) || position < 0 || position >= size) {
    throw new ShapeError("select", {
      rule: `index must be an integer in [${-size}, ${size - 1}], the size of axis ${at}`,
      got: `${index}`,
    });
  }
  return reshape(
    sliceAxis(x, at, position, position + 1),
    x.shape.filter((_, i) => i !== at),
  );
}
