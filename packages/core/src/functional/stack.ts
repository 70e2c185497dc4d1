import { ArgumentError } from "../errors";
import { concat } from "../ops/concat";
import { normalizeAxis } from "../shape";
import type { Tensor } from "../tensor";
import { unsqueeze } from "./squeeze";

/** Joins tensors of one shape along a new axis. @throws ShapeError unless the shapes are equal. */
export function stack(parts: readonly Tensor[], axis = 0): Tensor {
  const first = parts[0];
  if (!first) throw new ArgumentError("stack", { rule: "parts must hold at least one tensor", got: "none" });
  const at = normalizeAxis("stack", axis, first.shape.length + 1);
  return concat(
    parts.map((part) => unsqueeze(part, at)),
    at,
  );
}
