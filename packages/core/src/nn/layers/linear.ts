import { linear } from "../../functional/linear";
import type { Tensor } from "../../tensor";
import { kaimingUniform, uniformInit } from "../init";
import { Module } from "../module";
import { parameter } from "../parameter";

/** y = x · weightᵀ + bias; x [..., inFeatures] → [..., outFeatures]. Initialised as PyTorch does: uniform in ±1/√inFeatures. */
export class Linear extends Module {
  weight: Tensor;
  bias: Tensor | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: { readonly bias?: boolean } = {},
  ) {
    super();
    this.weight = parameter([outFeatures, inFeatures], kaimingUniform("fanIn", Math.sqrt(1 / 3)));
    this.bias = options.bias === false ? null : parameter([outFeatures], uniformInit(1 / Math.sqrt(inFeatures)));
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${this.bias ? "True" : "False"}`;
  }
}
