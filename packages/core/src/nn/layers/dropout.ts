import { dropout, type StochasticDepthMode, stochasticDepth } from "../../functional/dropout";
import type { Tensor } from "../../tensor";
import { Module } from "../module";
import { pythonBool, pythonFloat } from "../python-repr";
import type { InplaceOption } from "./activations";

/** Zeroes elements with probability p in training and divides the others by 1 − p; x itself at evaluation. Default: 0.5. */
export class Dropout extends Module {
  readonly inplace: boolean;

  constructor(
    readonly p = 0.5,
    { inplace = false }: InplaceOption = {},
  ) {
    super();
    this.inplace = inplace;
  }

  forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.isTraining });
  }

  override extraRepr(): string {
    return `p=${pythonFloat(this.p)}, inplace=${pythonBool(this.inplace)}`;
  }
}

/** Zeroes whole samples with probability p in training and divides the others by 1 − p. Source: Huang et al. 2016. */
export class StochasticDepth extends Module {
  constructor(
    readonly p: number,
    readonly mode: StochasticDepthMode = "row",
  ) {
    super();
  }

  forward(x: Tensor): Tensor {
    return stochasticDepth(x, { p: this.p, mode: this.mode, training: this.isTraining });
  }

  override extraRepr(): string {
    return `p=${pythonFloat(this.p)}, mode=${this.mode}`;
  }
}
