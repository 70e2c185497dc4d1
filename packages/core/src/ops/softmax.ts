import { apply1 } from "../apply";
import { defineOp } from "../op";
import { normalizeAxis, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { mul, sub } from "./binary";
import { requireFloats } from "./rules";
import { sum } from "./sum";

export interface SoftmaxAttrs {
  readonly axis: number;
}

export const softmaxOp = defineOp<SoftmaxAttrs>()({
  name: "softmax",
  inputs: ["x"],
  outputs: ["y"],
  precision: "full",
  infer: ([x]) => [{ shape: (x as TensorSpec).shape, dtype: requireFloats("softmax", ["x"], [x as TensorSpec]) }],
  vjp: {
    // dx = y · (dy − Σ dy · y)
    x: {
      saves: ["y"],
      grad: ({ dy, saved, attrs: { axis } }) => {
        const y = saved("y");
        return mul(y, sub(dy, sum(mul(dy, y), { axes: axis, keepDims: true })));
      },
    },
  },
});

/** exp(x − max) / Σ exp(x − max) along `axis`. */
export const softmax = (x: Tensor, axis = -1): Tensor =>
  apply1(softmaxOp, [x], { axis: normalizeAxis("softmax", axis, x.shape.length) });
