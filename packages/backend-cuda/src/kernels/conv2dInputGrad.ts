import type { KernelTable } from "@vertebra/core";
import { convSizes, inputGradTable } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { planProduct } from "./conv-product";

/** dx [N, C, H, W] from dy [N, O, HO, WO] and weight [O, C / groups, KH, KW]: convolutions of dy, one a phase of the stride. */
export const conv2dInputGrad: Plan<KernelTable["conv2dInputGrad"]> = (inputs, outputs, attrs, limits) => {
  const [dy, weight] = inputs as [CudaOperand, CudaOperand];
  const dx = outputs[0] as CudaOperand;
  const sizes = convSizes(dx.shape, weight.shape, dy.shape);
  const { n, c, o, h, w, ho, wo, kh, kw } = sizes;
  const { stride, padding, groups } = attrs;
  if (n * c * h * w === 0) return [];
  const isPointwise = kh * kw * stride[0] * stride[1] === 1 && padding[0] + padding[2] === 0 && ho === h && wo === w;
  // Rows are the channels of x: KH · KW elements from one to the next.
  const strides = { groupA: (o / groups) * (c / groups) * kh * kw, rowA: kh * kw, stepX: [1, 1], stepY: stride } as const;
  const taps = inputGradTable(sizes, attrs);
  return planProduct({ a: weight, x: dy, y: dx, taps, groups, ...strides, isPointwise, epilogue: {} }, limits);
};
