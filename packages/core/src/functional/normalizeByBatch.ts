import { add, div, mul, sub } from "../ops/binary";
import { reshape } from "../ops/reshape";
import { axesButChannels, channelShape } from "../ops/scaleShift";
import { sum } from "../ops/sum";
import { rsqrt } from "../ops/unary";
import { sizeAt } from "../shape";
import type { Tensor } from "../tensor";

/** Batch norm by the batch's own statistics, made of differentiable ops: the reference and the second derivative of `batchNormTrain`. */
export const normalizeByBatch = {
  /** x̂ · weight + bias; x [N, C, ...], weight and bias [C]. */
  forward(x: Tensor, weight: Tensor, bias: Tensor, eps: number): Tensor {
    const { normalized } = normalize(x, eps);
    const channels = channelShape(x.shape);
    return add(mul(normalized, reshape(weight, channels)), reshape(bias, channels));
  },

  /** dx, dweight, dbias; formulas in `ops/batchNormTrainGrad`. */
  grads(x: Tensor, weight: Tensor, dy: Tensor, eps: number): readonly Tensor[] {
    const axes = axesButChannels(x.shape);
    const channels = channelShape(x.shape);
    const values = x.elements / sizeAt(x.shape, 1);
    const { normalized, invStd } = normalize(x, eps);
    const dbias = sum(dy, { axes, keepDims: true });
    const dweight = sum(mul(dy, normalized), { axes, keepDims: true });
    const centered = sub(sub(dy, div(dbias, values)), mul(normalized, div(dweight, values)));
    const dx = mul(mul(reshape(weight, channels), invStd), centered);
    return [dx, reshape(dweight, weight.shape), reshape(dbias, weight.shape)];
  },
};

function normalize(x: Tensor, eps: number): { normalized: Tensor; invStd: Tensor } {
  const axes = axesButChannels(x.shape);
  const values = x.elements / sizeAt(x.shape, 1);
  const centered = sub(x, div(sum(x, { axes, keepDims: true }), values));
  const variance = div(sum(mul(centered, centered), { axes, keepDims: true }), values);
  const invStd = rsqrt(add(variance, eps));
  return { normalized: mul(centered, invStd), invStd };
}
