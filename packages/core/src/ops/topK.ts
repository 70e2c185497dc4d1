import { apply } from "../apply";
import { ShapeError } from "../errors";
import { defineOp } from "../op";
import { normalizeAxis, sizeAt, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requireFloats } from "./rules";
import { scatterAdd } from "./scatterAdd";

export interface TopKAttrs {
  readonly k: number;
  readonly axis: number;
  readonly largest: boolean;
}

export const topKOp = defineOp<TopKAttrs>()({
  name: "topK",
  inputs: ["x"],
  outputs: ["values", "indices"],
  infer: ([x], { k, axis }) => {
    const spec = x as TensorSpec;
    const dtype = requireFloats("topK", ["x"], [spec]);
    if (!Number.isInteger(k) || k < 0 || k > sizeAt(spec.shape, axis)) {
      throw new ShapeError("topK", {
        rule: `k must be an integer in [0, ${spec.shape[axis]}], the size of axis ${axis}`,
        got: `${k}`,
      });
    }
    const shape = spec.shape.map((size, i) => (i === axis ? k : size));
    return [
      { shape, dtype },
      { shape, dtype: "i32" },
    ];
  },
  vjp: {
    x: {
      saves: ["indices"],
      grad: ({ dy, saved, spec, attrs: { axis } }) => scatterAdd(dy, saved("indices"), { axis, shape: spec(0).shape }),
    },
  },
});

/** The k largest (or smallest) values along `axis`, best first, and their indices (i32). NaN counts as largest; of equals the first. */
export function topK(
  x: Tensor,
  k: number,
  { axis = -1, largest = true }: { readonly axis?: number; readonly largest?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  const attrs = { k, axis: normalizeAxis("topK", axis, x.shape.length), largest };
  const [values, indices] = apply(topKOp, [x], attrs) as [Tensor, Tensor];
  return { values, indices };
}
