import type { Conv2dAttrs, KernelTable } from "@vertebra/core";
import { convSizes, forwardTable } from "@vertebra/core/plan";
import type { GpuOperand, Limits, Plan, Step } from "../launch";
import type { Epilogue } from "./conv-epilogue";
import { planProduct } from "./conv-product";

/** y [N, O, HO, WO] = conv(x [N, C, H, W], weight [O, C / groups, KH, KW]) + bias [O]. */
export const conv2d: Plan<KernelTable["conv2d"]> = (inputs, outputs, attrs, limits) => {
  const [x, weight, bias] = inputs as [GpuOperand, GpuOperand, GpuOperand?];
  return planConvolution({ x, weight, y: outputs[0] as GpuOperand }, attrs, { shift: bias }, limits);
};

interface ConvOperands {
  readonly x: GpuOperand;
  readonly weight: GpuOperand;
  readonly y: GpuOperand;
}

/** The launches of a convolution and what stands behind it. */
export function planConvolution(
  { x, weight, y }: ConvOperands,
  attrs: Conv2dAttrs,
  epilogue: Epilogue,
  limits: Limits,
): readonly Step[] {
  const sizes = convSizes(x.shape, weight.shape, y.shape);
  const { c, o, h, w, ho, wo, kh, kw } = sizes;
  const { stride, padding, dilation, groups } = attrs;
  if (x.shape[0] === 0 || o * ho * wo === 0) return [];
  const rowA = (c / groups) * kh * kw;
  const reach = (out: number, axis: 0 | 1, kernel: number) => (out - 1) * stride[axis] + (kernel - 1) * dilation[axis];
  const isInside = padding[0] + padding[2] === 0 && reach(ho, 0, kh) < h && reach(wo, 1, kw) < w;
  const isPointwise = isInside && kh * kw * stride[0] * stride[1] === 1 && ho === h && wo === w;
  const taps = forwardTable(sizes, attrs);
  const strides = { groupA: (o / groups) * rowA, rowA, columnA: 1, stepX: stride, stepY: [1, 1] } as const;
  return planProduct({ a: weight, x, y, taps, groups, ...strides, isInside, isPointwise, epilogue }, limits);
}
