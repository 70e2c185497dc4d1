import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { countElements, isSameShape, requireRank, sizeAt, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { type Conv2dAttrs, conv2d, conv2dOutputShape } from "./conv2d";
import { conv2dInputGrad } from "./conv2dInputGrad";
import { requireFloats } from "./rules";

export interface Conv2dWeightGradAttrs extends Conv2dAttrs {
  /** Height and width of the kernel. */
  readonly kernelSize: readonly [number, number];
}

export const conv2dWeightGradOp = defineOp<Conv2dWeightGradAttrs>()({
  name: "conv2dWeightGrad",
  inputs: ["x", "dy"],
  outputs: ["dw"],
  infer: (specs, attrs) => {
    const [x, dy] = specs as [TensorSpec, TensorSpec];
    const dtype = requireFloats("conv2dWeightGrad", ["x", "dy"], specs);
    requireRank("conv2dWeightGrad", "x", x, 4, "[N, C, H, W]");
    requireRank("conv2dWeightGrad", "dy", dy, 4, "[N, outChannels, Ho, Wo]");
    const shape = [sizeAt(dy.shape, 1), sizeAt(x.shape, 1) / attrs.groups, ...attrs.kernelSize];
    const expected = conv2dOutputShape(x.shape, shape, attrs);
    if (!isSameShape(dy.shape, expected)) {
      const rule = `dy must have the convolution's output shape ${formatShape(expected)}`;
      throw new ShapeError("conv2dWeightGrad", { rule, got: formatShape(dy.shape) });
    }
    return [{ shape, dtype }];
  },
  vjp: {
    // Linear in both: dw = Σ x ⋆ dy.
    x: {
      saves: ["dy"],
      grad: ({ dy: ddw, saved, spec, attrs }) => {
        const [, , height, width] = spec(0).shape as [number, number, number, number];
        return conv2dInputGrad(saved("dy"), ddw, { ...attrs, inputSize: [height, width] });
      },
    },
    dy: { saves: ["x"], grad: ({ dy: ddw, saved, attrs }) => conv2d(saved("x"), ddw, null, attrs) },
  },
  macs: ([, dy], [dw]) => countElements(dy?.shape ?? []) * countElements(dw?.shape.slice(1) ?? []),
});

/** Gradient of `conv2d` by its weight: x [N, C, H, W], dy [N, O, Ho, Wo] → dw [O, C / groups, kh, kw]. */
export const conv2dWeightGrad = (x: Tensor, dy: Tensor, attrs: Conv2dWeightGradAttrs): Tensor =>
  apply1(conv2dWeightGradOp, [x, dy], attrs);
