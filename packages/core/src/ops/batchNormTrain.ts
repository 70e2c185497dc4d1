import { apply } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { normalizeByBatch } from "../functional/normalizeByBatch";
import { defineOp } from "../op";
import { countElements, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { batchNormTrainGrad } from "./batchNormTrainGrad";
import { requireMapsAndChannels } from "./rules";
import { requirePerChannel } from "./scaleShift";

export interface BatchNormAttrs {
  readonly eps: number;
}

export const batchNormTrainOp = defineOp<BatchNormAttrs>()({
  name: "batchNormTrain",
  inputs: ["x", "weight", "bias"],
  outputs: ["y", "mean", "variance"],
  precision: "own",
  infer: (specs) => {
    const [x, weight, bias] = specs as [TensorSpec, TensorSpec, TensorSpec];
    const { map, channel } = requireMapsAndChannels("batchNormTrain", ["x", "weight", "bias"], specs, ["x"]);
    requirePerChannel("batchNormTrain", x.shape, { weight: weight.shape, bias: bias.shape });
    if (countElements(x.shape) > 0 && countElements(x.shape) === x.shape[1]) {
      throw new ShapeError("batchNormTrain", {
        rule: "there must be more than one value per channel to train on",
        got: formatShape(x.shape),
        fix: "Use a larger batch, or call eval() on the model",
      });
    }
    const perChannel = { shape: weight.shape, dtype: channel };
    return [{ shape: x.shape, dtype: map }, perChannel, perChannel];
  },
  vjp: {
    joint: {
      saves: ["x", "weight", "mean", "variance"],
      grads: ({ dy, saved, isRecorded, attrs }) => {
        const [x, weight] = [saved("x"), saved("weight")];
        if (isRecorded) return normalizeByBatch.grads(x, weight, dy, attrs.eps);
        return batchNormTrainGrad(x, weight, saved("mean"), saved("variance"), dy, attrs);
      },
    },
  },
});

/**
 * y = (x − mean) / √(variance + eps) · weight + bias with the batch's own mean and (biased) variance [C]; x [N, C, ...]. With x in
 * f16 or bf16 all that is by channel has f32.
 * Source: Ioffe & Szegedy 2015, algorithm 1. @throws ShapeError with one value per channel.
 */
export function batchNormTrain(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  eps: number,
): { y: Tensor; mean: Tensor; variance: Tensor } {
  const [y, mean, variance] = apply(batchNormTrainOp, [x, weight, bias], { eps }) as [Tensor, Tensor, Tensor];
  return { y, mean, variance };
}
