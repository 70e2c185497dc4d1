import { linear } from "../../functional/linear";
import type { Tensor } from "../../tensor";
import { type Initializer, kaimingUniform, uniformInit } from "../init";
import { Module } from "../module";
import { parameter } from "../parameter";

export interface LinearOptions {
  /** Default: true. */
  readonly bias?: boolean;
  /** Default: PyTorch's, uniform in ±1/√inFeatures. */
  readonly weightInit?: Initializer;
  /** Default: PyTorch's, uniform in ±1/√inFeatures. */
  readonly biasInit?: Initializer;
}

/** y = x · weightᵀ + bias; x [..., inFeatures] → [..., outFeatures]. */
export class Linear extends Module {
  weight: Tensor;
  bias: Tensor | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    super();
    const { bias = true, weightInit = kaimingUniform("fanIn", Math.sqrt(1 / 3)) } = options;
    this.weight = parameter([outFeatures, inFeatures], weightInit);
    this.bias = bias ? parameter([outFeatures], options.biasInit ?? uniformInit(1 / Math.sqrt(inFeatures))) : null;
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${this.bias ? "True" : "False"}`;
  }
}
