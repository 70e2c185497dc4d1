import { apply1 } from "../apply";
import { defineOp } from "../op";
import { normalizeAxis, reduceShape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requireNonEmpty } from "./amax";
import { reshape } from "./reshape";
import { requireNumbers } from "./rules";

export interface ArgmaxAttrs {
  readonly axis: number;
  readonly keepDims: boolean;
}

export const argmaxOp = defineOp<ArgmaxAttrs>()({
  name: "argmax",
  inputs: ["x"],
  outputs: ["indices"],
  infer: ([x], { axis, keepDims }) => {
    const spec = x as TensorSpec;
    requireNumbers("argmax", ["x"], [spec]);
    requireNonEmpty("argmax", spec.shape, [axis]);
    return [{ shape: reduceShape(spec.shape, [axis], keepDims), dtype: "i32" }];
  },
  vjp: null,
});

/** Index (i32) of the largest value along `axis`, of the flattened tensor where none is given. The first of equals; NaN wins. */
export function argmax(
  x: Tensor,
  { axis, keepDims = false }: { readonly axis?: number; readonly keepDims?: boolean } = {},
): Tensor {
  if (axis === undefined) return apply1(argmaxOp, [reshape(x, [x.elements])], { axis: 0, keepDims: false });
  return apply1(argmaxOp, [x], { axis: normalizeAxis("argmax", axis, x.shape.length), keepDims });
}
