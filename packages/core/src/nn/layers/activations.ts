import { softmax } from "../../ops/softmax";
import {
  elu,
  gelu,
  geluTanh,
  hardsigmoid,
  hardswish,
  leakyRelu,
  mish,
  relu,
  relu6,
  sigmoid,
  silu,
  softplus,
  tanh,
} from "../../ops/unary";
import type { Tensor } from "../../tensor";
import { Module } from "../module";
import { pythonFloat } from "../python-repr";

export interface InplaceOption {
  /** Printed, so that `String(model)` is PyTorch's; nothing is ever overwritten. Default: false. */
  readonly inplace?: boolean;
}

/** An activation that PyTorch has an in-place form of. */
abstract class InplaceActivation extends Module {
  readonly inplace: boolean;

  constructor({ inplace = false }: InplaceOption = {}) {
    super();
    this.inplace = inplace;
  }

  override extraRepr(): string {
    return this.inplace ? "inplace=True" : "";
  }
}

/** max(x, 0) */
export class ReLU extends InplaceActivation {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** min(max(x, 0), 6) */
export class ReLU6 extends InplaceActivation {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** x · sigmoid(x) */
export class SiLU extends InplaceActivation {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** x · tanh(softplus(x)) */
export class Mish extends InplaceActivation {
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** x for x > 0, else negativeSlope · x. Default: 0.01. */
export class LeakyReLU extends InplaceActivation {
  readonly negativeSlope: number;

  constructor({ negativeSlope = 0.01, ...options }: InplaceOption & { readonly negativeSlope?: number } = {}) {
    super(options);
    this.negativeSlope = negativeSlope;
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, this);
  }

  override extraRepr(): string {
    return `negative_slope=${pythonFloat(this.negativeSlope)}${this.inplace ? ", inplace=True" : ""}`;
  }
}

/** x for x > 0, else alpha · (eˣ − 1). Default: 1. */
export class ELU extends InplaceActivation {
  readonly alpha: number;

  constructor({ alpha = 1, ...options }: InplaceOption & { readonly alpha?: number } = {}) {
    super(options);
    this.alpha = alpha;
  }

  forward(x: Tensor): Tensor {
    return elu(x, this);
  }

  override extraRepr(): string {
    return `alpha=${pythonFloat(this.alpha)}${this.inplace ? ", inplace=True" : ""}`;
  }
}

/** x · hardsigmoid(x) */
export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/** clamp(x / 6 + 1/2, 0, 1) */
export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/** 1 / (1 + e⁻ˣ) */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** Hyperbolic tangent. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** x · Φ(x); by the error function ("none", the default) or its tanh approximation. */
export class GELU extends Module {
  readonly approximate: "none" | "tanh";

  constructor({ approximate = "none" }: { readonly approximate?: "none" | "tanh" } = {}) {
    super();
    this.approximate = approximate;
  }

  forward(x: Tensor): Tensor {
    return this.approximate === "tanh" ? geluTanh(x) : gelu(x);
  }

  override extraRepr(): string {
    return `approximate='${this.approximate}'`;
  }
}

/** log(1 + e^(beta · x)) / beta; x itself where beta · x > threshold. Defaults: 1 and 20. */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor({ beta = 1, threshold = 20 }: { readonly beta?: number; readonly threshold?: number } = {}) {
    super();
    this.beta = beta;
    this.threshold = threshold;
  }

  forward(x: Tensor): Tensor {
    return softplus(x, this);
  }

  override extraRepr(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/** eˣ / Σ eˣ along `axis`. */
export class Softmax extends Module {
  constructor(readonly axis = -1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return softmax(x, this.axis);
  }

  override extraRepr(): string {
    return `dim=${this.axis}`;
  }
}
