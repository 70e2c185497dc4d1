import { apply1 } from "../apply";
import { productGrad } from "../functional/productGrad";
import { defineOp } from "../op";
import { reduceShape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { prodGrad } from "./prodGrad";
import { reshape } from "./reshape";
import { requireFloats } from "./rules";
import { type ReduceAttrs, type ReduceOptions, reduceAttrs } from "./sum";

export const prodOp = defineOp<ReduceAttrs>()({
  name: "prod",
  inputs: ["x"],
  outputs: ["y"],
  precision: "full",
  infer: ([x], { axes, keepDims }) => {
    const spec = x as TensorSpec;
    return [{ shape: reduceShape(spec.shape, axes, keepDims), dtype: requireFloats("prod", ["x"], [spec]) }];
  },
  vjp: {
    x: {
      saves: ["x"],
      grad: ({ dy, saved, spec, isRecorded, attrs: { axes } }) => {
        const kept = reshape(dy, reduceShape(spec(0).shape, axes, true));
        return isRecorded ? productGrad(saved("x"), kept, axes) : prodGrad(saved("x"), kept, { axes });
      },
    },
  },
});

/** Product over `axes`; 1 over an empty axis. */
export const prod = (x: Tensor, options: ReduceOptions = {}): Tensor => apply1(prodOp, [x], reduceAttrs("prod", x, options));
