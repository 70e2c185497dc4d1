import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { countElements, isSameShape, requireRank, sizeAt, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { type Conv2dAttrs, conv2d, conv2dOutputShape } from "./conv2d";
import { conv2dWeightGrad } from "./conv2dWeightGrad";
import { requireFloats } from "./rules";

export interface Conv2dInputGradAttrs extends Conv2dAttrs {
  /** Height and width of the convolution's input. */
  readonly inputSize: readonly [number, number];
}

export const conv2dInputGradOp = defineOp<Conv2dInputGradAttrs>()({
  name: "conv2dInputGrad",
  inputs: ["dy", "weight"],
  outputs: ["dx"],
  infer: (specs, attrs) => {
    const [dy, weight] = specs as [TensorSpec, TensorSpec];
    const dtype = requireFloats("conv2dInputGrad", ["dy", "weight"], specs);
    requireRank("conv2dInputGrad", "dy", dy, 4, "[N, outChannels, Ho, Wo]");
    requireRank("conv2dInputGrad", "weight", weight, 4, "[outChannels, channels / groups, kernelHeight, kernelWidth]");
    const shape = [sizeAt(dy.shape, 0), sizeAt(weight.shape, 1) * attrs.groups, ...attrs.inputSize];
    const expected = conv2dOutputShape(shape, weight.shape, attrs);
    if (!isSameShape(dy.shape, expected)) {
      const rule = `dy must have the convolution's output shape ${formatShape(expected)}`;
      throw new ShapeError("conv2dInputGrad", { rule, got: formatShape(dy.shape) });
    }
    return [{ shape, dtype }];
  },
  vjp: {
    // Linear in both: its transpose is the convolution itself.
    dy: { saves: ["weight"], grad: ({ dy: ddx, saved, attrs }) => conv2d(ddx, saved("weight"), null, attrs) },
    weight: {
      saves: ["dy"],
      grad: ({ dy: ddx, saved, spec, attrs }) => {
        const [, , height, width] = spec(1).shape as [number, number, number, number];
        return conv2dWeightGrad(ddx, saved("dy"), { ...attrs, kernelSize: [height, width] });
      },
    },
  },
  macs: ([dy, weight]) => countElements(dy?.shape ?? []) * countElements(weight?.shape.slice(1) ?? []),
});

/** Gradient of `conv2d` by its input: dy [N, O, Ho, Wo], weight [O, C / groups, kh, kw] → dx [N, C, H, W]. */
export const conv2dInputGrad = (dy: Tensor, weight: Tensor, attrs: Conv2dInputGradAttrs): Tensor =>
  apply1(conv2dInputGradOp, [dy, weight], attrs);
