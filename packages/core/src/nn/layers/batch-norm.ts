import { wantsGrad } from "../../apply";
import { batchNorm, foldBatchNorm } from "../../functional/batchNorm";
import { scaleShift } from "../../ops/scaleShift";
import { scoped } from "../../scope";
import { requireRank } from "../../shape";
import type { Tensor } from "../../tensor";
import { derived } from "../derived";
import { type Initializer, onesInit, zerosInit } from "../init";
import { Module } from "../module";
import { buffer, parameter } from "../parameter";
import { pythonBool, pythonFloat } from "../python-repr";

export interface BatchNorm2dOptions {
  /** Default: 1e-5. */
  readonly eps?: number;
  /** Share of a batch in the running statistics; null for their plain average. Default: 0.1. */
  readonly momentum?: number | null;
  /** Has a weight and a bias. Default: true. */
  readonly affine?: boolean;
  /** Keeps statistics for evaluation; without them the batch's own are used then too. Default: true. */
  readonly trackRunningStats?: boolean;
  /** Initial weight. Default: 1. */
  readonly weightInit?: Initializer;
}

/** Batch normalisation of x [N, C, H, W] by channel. Source: Ioffe & Szegedy 2015. */
export class BatchNorm2d extends Module {
  weight: Tensor | null;
  bias: Tensor | null;
  running_mean: Tensor | null;
  running_var: Tensor | null;
  num_batches_tracked: Tensor | null;
  readonly eps: number;
  readonly momentum: number | null;

  constructor(
    readonly features: number,
    options: BatchNorm2dOptions = {},
  ) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true, weightInit = onesInit } = options;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? parameter([features], weightInit) : null;
    this.bias = affine ? parameter([features], zerosInit) : null;
    this.running_mean = trackRunningStats ? buffer([features], 0) : null;
    this.running_var = trackRunningStats ? buffer([features], 1) : null;
    this.num_batches_tracked = trackRunningStats ? buffer([], 0, "i32") : null;
  }

  forward(x: Tensor): Tensor {
    requireRank("batchNorm", "x", x, 4, "[N, C, H, W]");
    const { weight, bias, eps, momentum, running_mean: runningMean, running_var: runningVar, num_batches_tracked: count } = this;
    const training = this.isTraining || !runningMean;
    if (!training && !wantsGrad([weight, bias].filter((value) => value !== null))) {
      const { scale, shift } = this.folded();
      return scaleShift(x, scale, shift);
    }
    return batchNorm(x, { weight, bias, runningMean, runningVar, count, training, eps, momentum });
  }

  /**
   * The map by channel that it is at evaluation, y = x · scale + shift; without gradients. The module keeps both tensors and makes
   * them anew when its weights or statistics have changed.
   */
  folded(): { scale: Tensor; shift: Tensor } {
    const { weight, bias, eps, running_mean: runningMean, running_var: runningVar } = this;
    const sources = [weight, bias, runningMean, runningVar].filter((value) => value !== null);
    const [scale, shift] = derived(this, sources, () => {
      const folded = scoped(() =>
        foldBatchNorm({ weight, bias, eps, runningMean: runningMean as Tensor, runningVar: runningVar as Tensor }),
      );
      return [folded.scale, folded.shift] as const;
    });
    return { scale, shift };
  }

  override extraRepr(): string {
    const momentum = this.momentum === null ? "None" : pythonFloat(this.momentum);
    const flags = `affine=${pythonBool(this.weight !== null)}, track_running_stats=${pythonBool(this.running_mean !== null)}`;
    return `${this.features}, eps=${pythonFloat(this.eps)}, momentum=${momentum}, ${flags}`;
  }
}
