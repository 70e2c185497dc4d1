import { type LocalResponseNormOptions, localResponseNorm } from "../../functional/localResponseNorm";
import type { Tensor } from "../../tensor";
import { Module } from "../module";
import { pythonFloat } from "../python-repr";

/** Local response normalisation of x [N, C, ...] over neighbouring channels. Source: Krizhevsky et al. 2012. */
export class LocalResponseNorm extends Module {
  readonly options: Required<LocalResponseNormOptions>;

  constructor(size: number, { alpha = 1e-4, beta = 0.75, k = 1 }: Omit<LocalResponseNormOptions, "size"> = {}) {
    super();
    this.options = { size, alpha, beta, k };
  }

  forward(x: Tensor): Tensor {
    return localResponseNorm(x, this.options);
  }

  override extraRepr(): string {
    const { size, alpha, beta, k } = this.options;
    return `${size}, alpha=${pythonFloat(alpha)}, beta=${pythonFloat(beta)}, k=${pythonFloat(k)}`;
  }
}
