import { apply } from "../apply";
import { defineOp } from "../op";
import type { TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import type { BatchNormAttrs } from "./batchNormTrain";
import { requireMapsAndChannels } from "./rules";

export const batchNormTrainGradOp = defineOp<BatchNormAttrs>()({
  name: "batchNormTrainGrad",
  inputs: ["x", "weight", "mean", "variance", "dy"],
  outputs: ["dx", "dweight", "dbias"],
  precision: "own",
  infer: (specs) => {
    const [x, weight] = specs as [TensorSpec, TensorSpec];
    const names = ["x", "weight", "mean", "variance", "dy"];
    const { map, channel } = requireMapsAndChannels("batchNormTrainGrad", names, specs, ["x", "dy"]);
    const perChannel = { shape: weight.shape, dtype: channel };
    return [{ shape: x.shape, dtype: map }, perChannel, perChannel];
  },
  // A recorded derivative of batchNormTrain uses the composition functional/normalizeByBatch instead.
  vjp: null,
});

/**
 * Gradients of `batchNormTrain` by x, weight and bias, with x̂ = (x − mean) / √(variance + eps) and m values per channel:
 * dbias = Σ dy, dweight = Σ dy · x̂, dx = weight / √(variance + eps) · (dy − dbias / m − x̂ · dweight / m).
 */
export const batchNormTrainGrad = (
  x: Tensor,
  weight: Tensor,
  mean: Tensor,
  variance: Tensor,
  dy: Tensor,
  attrs: BatchNormAttrs,
): readonly Tensor[] => apply(batchNormTrainGradOp, [x, weight, mean, variance, dy], attrs);
