import { ShapeError } from "../../errors";
import { type Conv2dAttrs, conv2d, conv2dAttrs, type Padding4 } from "../../ops/conv2d";
import { type PadMode, pad } from "../../ops/pad";
import { type Pair, toPair } from "../../shape";
import type { Tensor } from "../../tensor";
import { type Initializer, kaimingUniform, uniformInit } from "../init";
import { Module } from "../module";
import { parameter } from "../parameter";
import { pythonSize } from "../python-repr";

export interface Conv2dLayerOptions {
  readonly kernel: Pair;
  /** Default: 1. */
  readonly stride?: Pair;
  /** One number, `[height, width]` or `[top, bottom, left, right]`. Default: 0. */
  readonly padding?: Pair | Padding4;
  /** Default: 1. */
  readonly dilation?: Pair;
  /** Default: 1. */
  readonly groups?: number;
  /** Default: true. */
  readonly bias?: boolean;
  /** What the padding holds. Default: "zeros". */
  readonly paddingMode?: "zeros" | "reflect" | "replicate";
  /** Default: PyTorch's, uniform in ±1/√fanIn. */
  readonly weightInit?: Initializer;
  /** Default: PyTorch's, uniform in ±1/√fanIn. */
  readonly biasInit?: Initializer;
}

/** 2-D convolution, x [N, inChannels, H, W] → [N, outChannels, Ho, Wo]; initialised as PyTorch does. */
export class Conv2d extends Module {
  weight: Tensor;
  bias: Tensor | null;
  readonly attrs: Conv2dAttrs;
  readonly #kernel: readonly [number, number];
  readonly #paddingMode: PadMode;

  /** @throws ShapeError for strides, dilations or groups below 1, or channels that groups don't divide. */
  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: Conv2dLayerOptions,
  ) {
    super();
    const { kernel, bias = true, paddingMode = "zeros", weightInit = kaimingUniform("fanIn", Math.sqrt(1 / 3)) } = options;
    this.attrs = conv2dAttrs(options);
    const { groups } = this.attrs;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      const got = `${inChannels} and ${outChannels}`;
      throw new ShapeError("Conv2d", { rule: `inChannels and outChannels must be divisible by groups = ${groups}`, got });
    }
    this.#kernel = toPair(kernel);
    this.#paddingMode = paddingMode === "zeros" ? "constant" : paddingMode;
    const shape = [outChannels, inChannels / groups, ...this.#kernel];
    this.weight = parameter(shape, weightInit);
    const fanIn = (shape[1] as number) * this.#kernel[0] * this.#kernel[1];
    this.bias = bias ? parameter([outChannels], options.biasInit ?? uniformInit(1 / Math.sqrt(fanIn))) : null;
  }

  forward(x: Tensor): Tensor {
    if (!this.padsByConstant) {
      const [top, bottom, left, right] = this.attrs.padding;
      const padded = pad(x, [0, 0, top, left], [0, 0, bottom, right], { mode: this.#paddingMode });
      return conv2d(padded, this.weight, this.bias, { ...this.attrs, padding: 0 });
    }
    return conv2d(x, this.weight, this.bias, this.attrs);
  }

  /** True where the convolution itself does the padding. */
  get padsByConstant(): boolean {
    return this.#paddingMode === "constant";
  }

  override extraRepr(): string {
    const { stride, padding, dilation, groups } = this.attrs;
    const [top, bottom, left, right] = padding;
    const parts = [
      `${this.inChannels}, ${this.outChannels}, kernel_size=${pythonSize(this.#kernel)}, stride=${pythonSize(stride)}`,
    ];
    if (padding.some((size) => size !== 0)) {
      parts.push(`padding=${pythonSize(top === bottom && left === right ? [top, left] : padding)}`);
    }
    if (dilation[0] !== 1 || dilation[1] !== 1) parts.push(`dilation=${pythonSize(dilation)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (!this.bias) parts.push("bias=False");
    if (!this.padsByConstant) parts.push(`padding_mode=${this.#paddingMode}`);
    return parts.join(", ");
  }
}
