import { Conv2d, type Conv2dLayerOptions, conv2d, type Tensor } from "@vertebra/core";

/** Zeros in front of and behind an axis. */
type Pads = readonly [before: number, after: number];

/**
 * TensorFlow's SAME padding of one axis: enough for ⌈size / stride⌉ outputs, the odd one behind. For a 3×3 at stride 2: 0 and 1
 * at an even size, 1 and 1 at an odd one. Source: TensorFlow's notes on padding.
 */
export function samePadding(
  size: number,
  { kernel, stride, dilation }: Readonly<Record<"kernel" | "stride" | "dilation", number>>,
): Pads {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** Convolution with SAME padding, which follows the size of each input; x [N, C, H, W] → [N, C', ⌈H / stride⌉, ⌈W / stride⌉]. */
export class SamePadConv2d extends Conv2d {
  constructor(inChannels: number, outChannels: number, options: Omit<Conv2dLayerOptions, "padding" | "paddingMode">) {
    super(inChannels, outChannels, options);
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias, attrs } = this;
    const padsOf = (axis: 0 | 1) => {
      const [kernel, stride, dilation] = [weight.shape[axis + 2] ?? 1, attrs.stride[axis], attrs.dilation[axis]];
      return samePadding(x.shape[axis + 2] ?? 0, { kernel, stride, dilation });
    };
    return conv2d(x, weight, bias, { ...attrs, padding: [...padsOf(0), ...padsOf(1)] });
  }

  override extraRepr(): string {
    return `${super.extraRepr()}, padding=same`;
  }
}
