import type { KernelTable } from "@vertebra/core";
import { convSizes, inputGradTable } from "@vertebra/core/plan";
import type { GpuOperand, Plan } from "../launch";
import { planProduct } from "./conv-product";

/** dx [N, C, H, W] from dy [N, O, HO, WO] and weight [O, C / groups, KH, KW]: convolutions of dy, one a phase of the stride. */
export const conv2dInputGrad: Plan<KernelTable["conv2dInputGrad"]> = (inputs, outputs, attrs, limits) => {
  const [dy, weight] = inputs as [GpuOperand, GpuOperand];
  const dx = outputs[0] as GpuOperand;
  const sizes = convSizes(dx.shape, weight.shape, dy.shape);
  const { c, o, h, w, ho, wo, kh, kw } = sizes;
  const { stride, padding, groups } = attrs;
  if (dx.shape[0] === 0 || c * h * w === 0) return [];
  const isPointwise = kh * kw === 1 && stride[0] * stride[1] === 1 && padding[0] + padding[2] === 0 && ho === h && wo === w;
  // Rows are the channels of x: KH · KW elements from one to the next.
  const strides = { groupA: (o / groups) * (c / groups) * kh * kw, rowA: kh * kw, columnA: (c / groups) * kh * kw };
  const steps = { stepX: [1, 1], stepY: stride } as const;
  const taps = inputGradTable(sizes, attrs);
  return planProduct(
    { a: weight, x: dy, y: dx, taps, groups, ...strides, ...steps, isInside: isPointwise, isPointwise, epilogue: {} },
    limits,
  );
};
