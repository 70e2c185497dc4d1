import { apply1 } from "../apply";
import { defineOp } from "../op";
import { normalizeAxis, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { mul, sub } from "./binary";
import { requireFloats } from "./rules";
import type { SoftmaxAttrs } from "./softmax";
import { sum } from "./sum";
import { exp } from "./unary";

export const logSoftmaxOp = defineOp<SoftmaxAttrs>()({
  name: "logSoftmax",
  inputs: ["x"],
  outputs: ["y"],
  precision: "full",
  infer: ([x]) => [{ shape: (x as TensorSpec).shape, dtype: requireFloats("logSoftmax", ["x"], [x as TensorSpec]) }],
  vjp: {
    // dx = dy − softmax(x) · Σ dy
    x: {
      saves: ["y"],
      grad: ({ dy, saved, attrs: { axis } }) => sub(dy, mul(exp(saved("y")), sum(dy, { axes: axis, keepDims: true }))),
    },
  },
});

/** x − max − log Σ exp(x − max) along `axis`. */
export const logSoftmax = (x: Tensor, axis = -1): Tensor =>
  apply1(logSoftmaxOp, [x], { axis: normalizeAxis("logSoftmax", axis, x.shape.length) });
