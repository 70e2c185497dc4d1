import { type AdaptiveSize, adaptiveAvgPool2d, adaptiveMaxPool2d } from "../../functional/adaptivePool2d";
import { type AvgPool2dOptions, avgPool2d } from "../../functional/avgPool2d";
import { type MaxPool2dOptions, maxPool2d } from "../../functional/maxPool2d";
import type { Tensor } from "../../tensor";
import { Module } from "../module";
import { pythonBool, pythonSize } from "../python-repr";

/** As `maxPool2d`; x [N, C, H, W] → [N, C, Ho, Wo]. */
export class MaxPool2d extends Module {
  constructor(readonly options: MaxPool2dOptions) {
    super();
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, this.options);
  }

  override extraRepr(): string {
    const { kernel, stride = kernel, padding = 0, dilation = 1, ceilMode = false } = this.options;
    const sizes = `kernel_size=${pythonSize(kernel)}, stride=${pythonSize(stride)}, padding=${pythonSize(padding)}`;
    return `${sizes}, dilation=${pythonSize(dilation)}, ceil_mode=${pythonBool(ceilMode)}`;
  }
}

/** As `avgPool2d`; x [N, C, H, W] → [N, C, Ho, Wo]. */
export class AvgPool2d extends Module {
  constructor(readonly options: AvgPool2dOptions) {
    super();
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, this.options);
  }

  override extraRepr(): string {
    const { kernel, stride = kernel, padding = 0 } = this.options;
    return `kernel_size=${pythonSize(kernel)}, stride=${pythonSize(stride)}, padding=${pythonSize(padding)}`;
  }
}

/** As `adaptiveAvgPool2d`; x [N, C, H, W] → [N, C, ...size]. */
export class AdaptiveAvgPool2d extends Module {
  constructor(readonly size: AdaptiveSize) {
    super();
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.size);
  }

  override extraRepr(): string {
    return `output_size=${pythonSize(this.size)}`;
  }
}

/** As `adaptiveMaxPool2d`; x [N, C, H, W] → [N, C, ...size]. */
export class AdaptiveMaxPool2d extends Module {
  constructor(readonly size: AdaptiveSize) {
    super();
  }

  forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.size);
  }

  override extraRepr(): string {
    return `output_size=${pythonSize(this.size)}`;
  }
}
