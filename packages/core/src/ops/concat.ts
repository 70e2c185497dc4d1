import { apply1 } from "../apply";
import { ArgumentError, formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { normalizeAxis, sizeAt, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requireSameDType } from "./rules";
import { sliceAxis } from "./slice";

export interface ConcatAttrs {
  readonly axis: number;
  /** Sizes of the parts along `axis`. */
  readonly sizes: readonly number[];
}

export const concatOp = defineOp<ConcatAttrs>()({
  name: "concat",
  inputs: ["parts"],
  isVariadic: true,
  outputs: ["y"],
  moves: true,
  infer: (parts, { axis, sizes }) => {
    const first = parts[0] as TensorSpec;
    for (const { shape } of parts) {
      const fits = shape.length === first.shape.length && shape.every((size, i) => i === axis || size === first.shape[i]);
      if (!fits) {
        const got = parts.map((part) => formatShape(part.shape)).join(", ");
        throw new ShapeError("concat", { rule: `parts must have the same sizes on all axes but ${axis}`, got });
      }
    }
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return [
      { shape: first.shape.map((size, i) => (i === axis ? total : size)), dtype: requireSameDType("concat", ["parts"], parts) },
    ];
  },
  vjp: {
    parts: {
      saves: [],
      grad: ({ dy, attrs: { axis, sizes }, index }) => {
        const start = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
        return sliceAxis(dy, axis, start, start + sizeAt(sizes, index));
      },
    },
  },
});

/** Joins tensors along `axis`. @throws ShapeError unless the other sizes are equal. */
export function concat(parts: readonly Tensor[], axis = 0): Tensor {
  const first = parts[0];
  if (!first) throw new ArgumentError("concat", { rule: "parts must hold at least one tensor", got: "none" });
  const normalized = normalizeAxis("concat", axis, first.shape.length);
  return apply1(concatOp, parts, { axis: normalized, sizes: parts.map(({ shape }) => shape[normalized] ?? 0) });
}
