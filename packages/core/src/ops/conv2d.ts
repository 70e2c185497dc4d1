import { apply1 } from "../apply";
import { formatShape, MapSizeError, ShapeError } from "../errors";
import { defineOp } from "../op";
import { countElements, type Pair, requireRank, type Shape, sizeAt, type TensorSpec, toPair } from "../shape";
import type { Tensor } from "../tensor";
import { conv2dInputGrad } from "./conv2dInputGrad";
import { conv2dWeightGrad } from "./conv2dWeightGrad";
import { requireMapsAndChannels } from "./rules";
import { sum } from "./sum";
import { toDtype } from "./toDtype";

/** `[top, bottom, left, right]` */
export type Padding4 = readonly [top: number, bottom: number, left: number, right: number];

export interface Conv2dAttrs {
  readonly stride: readonly [number, number];
  readonly padding: Padding4;
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

/** How users write it: one number for both axes, `[height, width]`, or all four sides of the padding. */
export interface Conv2dOptions {
  readonly stride?: Pair;
  readonly padding?: Pair | Padding4;
  readonly dilation?: Pair;
  readonly groups?: number;
}

export const conv2dOp = defineOp<Conv2dAttrs>()({
  name: "conv2d",
  inputs: ["x", "weight", "bias"],
  optional: 1,
  outputs: ["y"],
  precision: "low",
  infer: (specs, attrs) => {
    const [x, weight, bias] = specs as [TensorSpec, TensorSpec, TensorSpec | undefined];
    const { map } = requireMapsAndChannels("conv2d", ["x", "weight", "bias"], specs, ["x", "weight"]);
    requireRank("conv2d", "x", x, 4, "[N, C, H, W]");
    requireRank("conv2d", "weight", weight, 4, "[outChannels, channels / groups, kernelHeight, kernelWidth]");
    requireChannels(x.shape, weight.shape, bias?.shape, attrs.groups);
    return [{ shape: conv2dOutputShape(x.shape, weight.shape, attrs), dtype: map }];
  },
  vjp: {
    x: {
      saves: ["weight"],
      grad: ({ dy, saved, spec, attrs }) => {
        const [, , height, width] = spec(0).shape as [number, number, number, number];
        return conv2dInputGrad(dy, saved("weight"), { ...attrs, inputSize: [height, width] });
      },
    },
    weight: {
      saves: ["x"],
      grad: ({ dy, saved, spec, attrs }) => {
        const [, , height, width] = spec(1).shape as [number, number, number, number];
        return conv2dWeightGrad(saved("x"), dy, { ...attrs, kernelSize: [height, width] });
      },
    },
    bias: { saves: [], grad: ({ dy, spec }) => sum(toDtype(dy, spec(2).dtype), { axes: [0, 2, 3] }) },
  },
  macs: ([, weight], [y]) => countElements(y?.shape ?? []) * countElements(weight?.shape.slice(1) ?? []),
});

/** [N, C, H, W] and [O, C / groups, kh, kw] → [N, O, Ho, Wo], Ho = floor((H + top + bottom − dilation·(kh − 1) − 1) / stride) + 1. */
export function conv2dOutputShape(x: Shape, weight: Shape, { stride, padding, dilation }: Conv2dAttrs): Shape {
  const size = (axis: 0 | 1): number => {
    const padded = sizeAt(x, axis + 2) + padding[(2 * axis) as 0 | 2] + padding[(2 * axis + 1) as 1 | 3];
    const extent = dilation[axis] * (sizeAt(weight, axis + 2) - 1) + 1;
    if (padded < extent) {
      throw new MapSizeError("conv2d", {
        rule: `the kernel must fit the padded ${axis ? "width" : "height"}: dilation · (kernel − 1) + 1 = ${extent} ≤ ${padded}`,
        got: `weight ${formatShape(weight)} and x ${formatShape(x)}`,
        fix: "Use a larger input, more padding or a smaller kernel",
      });
    }
    return Math.floor((padded - extent) / stride[axis]) + 1;
  };
  return [sizeAt(x, 0), sizeAt(weight, 0), size(0), size(1)];
}

function requireChannels(x: Shape, weight: Shape, bias: Shape | undefined, groups: number): void {
  const [channels, outChannels, weightChannels] = [sizeAt(x, 1), sizeAt(weight, 0), sizeAt(weight, 1)];
  const got = `weight ${formatShape(weight)} and x ${formatShape(x)}`;
  if (channels % groups !== 0 || outChannels % groups !== 0) {
    throw new ShapeError("conv2d", { rule: `channels and outChannels must be divisible by groups = ${groups}`, got });
  }
  if (weightChannels * groups !== channels) {
    const rule = `weight.shape[1] must be channels / groups = ${channels} / ${groups} = ${channels / groups}`;
    throw new ShapeError("conv2d", { rule, got });
  }
  if (sizeAt(weight, 2) < 1 || sizeAt(weight, 3) < 1)
    throw new ShapeError("conv2d", { rule: "the kernel must not be empty", got });
  if (bias && (bias.length !== 1 || bias[0] !== outChannels)) {
    throw new ShapeError("conv2d", { rule: `bias must be [outChannels] = [${outChannels}]`, got: `bias ${formatShape(bias)}` });
  }
}

/** Options in full, checked. @throws ShapeError for strides, dilations or groups below 1, or negative padding. */
export function conv2dAttrs(options: Conv2dOptions): Conv2dAttrs {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const attrs = { stride: toPair(stride), padding: toPadding4(padding), dilation: toPair(dilation), groups };
  const isWhole = (least: number) => (value: number) => Number.isInteger(value) && value >= least;
  if (![...attrs.stride, ...attrs.dilation, groups].every(isWhole(1)) || !attrs.padding.every(isWhole(0))) {
    throw new ShapeError("conv2d", {
      rule: "stride, dilation and groups must be integers ≥ 1 and padding integers ≥ 0",
      got: `stride ${attrs.stride}, dilation ${attrs.dilation}, groups ${groups}, padding ${attrs.padding}`,
    });
  }
  return attrs;
}

/** `[top, bottom, left, right]` from one number, `[height, width]` or all four. */
export function toPadding4(padding: Pair | Padding4): Padding4 {
  if (typeof padding !== "number" && padding.length === 4) return padding as Padding4;
  const [height, width] = toPair(padding as Pair);
  return [height, height, width, width];
}

/**
 * 2-D convolution (cross-correlation): x [N, C, H, W] * weight [O, C / groups, kh, kw] + bias [O] → y [N, O, Ho, Wo].
 * groups = C gives a depthwise convolution. Beside an x of 16 bits the bias is f32.
 * @throws ShapeError naming the argument that doesn't fit.
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor | null, options: Conv2dOptions = {}): Tensor {
  return apply1(conv2dOp, bias ? [x, weight, bias] : [x, weight], conv2dAttrs(options));
}
