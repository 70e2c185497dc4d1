import { isRecomputing } from "../checkpoint";
import { ArgumentError } from "../errors";
import { batchNormTrain } from "../ops/batchNormTrain";
import { add, mul, sub } from "../ops/binary";
import { scaleShift } from "../ops/scaleShift";
import { rsqrt } from "../ops/unary";
import { updateRunningStats } from "../ops/updateRunningStats";
import { wideDtype } from "../precision";
import { scoped } from "../scope";
import { sizeAt } from "../shape";
import type { Tensor } from "../tensor";
import { ones, zeros } from "./creation";

export interface BatchNormOptions {
  /** Scale by channel [C]; null or left out: 1. */
  readonly weight?: Tensor | null;
  /** Shift by channel [C]; null or left out: 0. */
  readonly bias?: Tensor | null;
  /** [C]; read at evaluation, moved towards the batch's mean in training. */
  readonly runningMean?: Tensor | null;
  /** [C]; read at evaluation, moved towards the batch's unbiased variance in training. */
  readonly runningVar?: Tensor | null;
  /** Normalise by the batch (true) or by the running statistics. Default: false. */
  readonly training?: boolean;
  /** Batches that the running statistics are of, an i32 scalar; counted in training. */
  readonly count?: Tensor | null;
  /** Share of the batch in the running statistics: PyTorch's, which is 1 − Keras's; null for 1 / count. Default: 0.1. */
  readonly momentum?: number | null;
  /** Default: 1e-5. */
  readonly eps?: number;
}

/**
 * y = (x − mean) / √(variance + eps) · weight + bias by channel; x [N, C, ...]. Source: Ioffe & Szegedy 2015.
 * In training the running statistics are updated, but not while `checkpoint` recomputes.
 * @throws ShapeError in training with a single value per channel, ArgumentError at evaluation without statistics.
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { weight, bias, runningMean, runningVar, count, training = false, eps = 1e-5, momentum = 0.1 } = options;
  if (!training) {
    if (runningMean && runningVar) return normalizeByRunning(x, { weight, bias, runningMean, runningVar, eps });
    throw new ArgumentError("batchNorm", { rule: "runningMean and runningVar must be given unless training", got: "none" });
  }
  const channels = [sizeAt(x.shape, 1)];
  const wide = { device: x.device, dtype: wideDtype(x) };
  const { y, mean, variance } = batchNormTrain(x, weight ?? ones(channels, wide), bias ?? zeros(channels, wide), eps);
  // An empty batch has no statistics to learn from.
  if (runningMean && runningVar && x.elements > 0 && !isRecomputing()) {
    const values = x.elements / sizeAt(x.shape, 1);
    const running = { mean: runningMean, variance: runningVar, count };
    updateRunningStats(running, { mean, variance }, { momentum, correction: values / (values - 1) });
  }
  mean.dispose();
  variance.dispose();
  return y;
}

/** The affine map by channel that batch norm is at evaluation: scale = weight / √(variance + eps), shift = bias − mean · scale. */
export function foldBatchNorm(norm: {
  readonly weight?: Tensor | null | undefined;
  readonly bias?: Tensor | null | undefined;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;
  readonly eps: number;
}): { scale: Tensor; shift: Tensor } {
  const { weight, bias, runningMean, runningVar, eps } = norm;
  const invStd = rsqrt(add(runningVar, eps));
  const scale = weight ? mul(weight, invStd) : invStd;
  const offset = mul(runningMean, scale);
  return { scale, shift: bias ? sub(bias, offset) : sub(0, offset) };
}

function normalizeByRunning(x: Tensor, norm: Parameters<typeof foldBatchNorm>[0]): Tensor {
  return scoped(() => {
    const { scale, shift } = foldBatchNorm(norm);
    return scaleShift(x, scale, shift);
  });
}
