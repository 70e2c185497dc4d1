import type { Conv2dAttrs, KernelTable } from "@vertebra/core";
import { convSizes, forwardTable } from "@vertebra/core/plan";
import type { CudaOperand, Limits, Plan, Step } from "../launch";
import type { Epilogue } from "./conv-launch";
import { planProduct } from "./conv-product";

/** y [N, O, HO, WO] = conv(x [N, C, H, W], weight [O, C / groups, KH, KW]) + bias [O]. */
export const conv2d: Plan<KernelTable["conv2d"]> = (inputs, outputs, attrs, limits) => {
  const [x, weight, bias] = inputs as [CudaOperand, CudaOperand, CudaOperand?];
  return planConvolution({ x, weight, y: outputs[0] as CudaOperand }, attrs, { shift: bias }, limits);
};

interface ConvOperands {
  readonly x: CudaOperand;
  readonly weight: CudaOperand;
  readonly y: CudaOperand;
}

/** The launches of a convolution and what stands behind it. */
export function planConvolution(
  { x, weight, y }: ConvOperands,
  attrs: Conv2dAttrs,
  epilogue: Epilogue,
  limits: Limits,
): readonly Step[] {
  const sizes = convSizes(x.shape, weight.shape, y.shape);
  const { n, c, o, h, w, ho, wo, kh, kw } = sizes;
  const { stride, padding, groups } = attrs;
  if (n * o * ho * wo === 0) return [];
  const rowA = (c / groups) * kh * kw;
  const isPointwise = kh * kw * stride[0] * stride[1] === 1 && padding[0] + padding[2] === 0 && ho === h && wo === w;
  const taps = forwardTable(sizes, attrs);
  const strides = { groupA: (o / groups) * rowA, rowA, stepX: stride, stepY: [1, 1] } as const;
  return planProduct({ a: weight, x, y, taps, groups, ...strides, isPointwise, epilogue }, limits);
}
