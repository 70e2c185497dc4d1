import { ShapeError } from "../errors";
import { reshape } from "../ops/reshape";
import { countElements, normalizeAxis } from "../shape";
import type { Tensor } from "../tensor";

/** Joins the axes from `start` to `end` (inclusive) into one: [N, C, H, W] → [N, C · H · W]. Shares memory. @throws ShapeError */
export function flatten(x: Tensor, start = 1, end = -1): Tensor {
  const rank = x.shape.length;
  if (rank === 0) return reshape(x, [1]);
  const first = normalizeAxis("flatten", start, rank, "start");
  const last = normalizeAxis("flatten", end, rank, "end");
  if (first > last) throw new ShapeError("flatten", { rule: "start must not come after end", got: `${start} and ${end}` });
  return reshape(x, [...x.shape.slice(0, first), countElements(x.shape.slice(first, last + 1)), ...x.shape.slice(last + 1)]);
}
