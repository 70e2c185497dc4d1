import type { Conv2dAttrs, FusedActivation, FusedTable, KernelTable } from "@vertebra/core";
import { convSizes, product } from "@vertebra/core/plan";
import type { CudaOperand, DescribeCall, Limits, VendorCall } from "../launch";
import { dtypeNumber, MOST_WORKSPACE_BYTES } from "./numbers";

/** As native/vendor/convolution-plan.h numbers them. */
const DIRECTIONS = { forward: 0, inputGrad: 1, weightGrad: 2 } as const;
const ACTIVATIONS: { readonly [A in FusedActivation]: number } = { none: 0, relu: 1, relu6: 2, silu: 3 };

/** What stands behind a forward convolution, in the order of the plan's operands. */
interface Behind {
  readonly scale?: CudaOperand | undefined;
  readonly shift?: CudaOperand | undefined;
  readonly residual?: CudaOperand | undefined;
  readonly activation?: FusedActivation;
}

/** Tensors of a convolution, whichever of them is the result. */
interface Tensors {
  readonly x: CudaOperand;
  readonly weight: CudaOperand;
  readonly y: CudaOperand;
}

export const describeConv2d: DescribeCall<KernelTable["conv2d"]> = (inputs, outputs, attrs, limits) => {
  const [x, weight, shift] = inputs as [CudaOperand, CudaOperand, CudaOperand?];
  return forward({ x, weight, y: outputs[0] as CudaOperand }, attrs, { shift }, limits);
};

export const describeConv2dFused: DescribeCall<FusedTable["conv2dFused"]> = (inputs, outputs, attrs, limits) => {
  const [x, weight, scale, shift, residual] = inputs as [CudaOperand, CudaOperand, CudaOperand, CudaOperand, CudaOperand?];
  const behind = { scale, shift, residual, activation: attrs.activation };
  return forward({ x, weight, y: outputs[0] as CudaOperand }, attrs, behind, limits);
};

export const describeConv2dInputGrad: DescribeCall<KernelTable["conv2dInputGrad"]> = (inputs, outputs, attrs, limits) => {
  const [y, weight] = inputs as [CudaOperand, CudaOperand];
  const x = outputs[0] as CudaOperand;
  return describe("inputGrad", { x, weight, y }, attrs, {}, limits, [y, weight, x]);
};

export const describeConv2dWeightGrad: DescribeCall<KernelTable["conv2dWeightGrad"]> = (inputs, outputs, attrs, limits) => {
  const [x, y] = inputs as [CudaOperand, CudaOperand];
  const weight = outputs[0] as CudaOperand;
  return describe("weightGrad", { x, weight, y }, attrs, {}, limits, [x, y, weight]);
};

function forward(tensors: Tensors, attrs: Conv2dAttrs, behind: Behind, limits: Limits): VendorCall | undefined {
  const { x, weight, y } = tensors;
  const { scale, shift, residual } = behind;
  const given = [scale, shift, residual].filter((operand) => operand !== undefined);
  return describe("forward", tensors, attrs, behind, limits, [x, weight, ...given, y]);
}

function describe(
  direction: keyof typeof DIRECTIONS,
  { x, weight, y }: Tensors,
  { stride, padding, dilation, groups }: Conv2dAttrs,
  { scale, shift, residual, activation = "none" }: Behind,
  { tf32 }: Limits,
  operands: readonly CudaOperand[],
): VendorCall | undefined {
  const dtype = dtypeNumber(x.dtype);
  if (dtype === undefined || [x, weight, y].some(({ shape }) => product(shape) === 0)) return undefined;
  const { n, c, o, h, w, ho, wo, kh, kw } = convSizes(x.shape, weight.shape, y.shape);
  const [rows, pixels, taps] = [o / groups, n * ho * wo, (c / groups) * kh * kw];
  return {
    kind: "convolution",
    numbers: [
      ...[DIRECTIONS[direction], dtype, Number(tf32)],
      ...[n, c, h, w, o, kh, kw, ho, wo, groups, ...stride, ...padding, ...dilation],
      ...[scale, shift, residual].map((operand) => Number(operand !== undefined)),
      ...[ACTIVATIONS[activation], MOST_WORKSPACE_BYTES],
    ],
    isForTensorCores: tf32 || x.dtype !== "f32",
    operands,
    product: { entries: groups, rows, columns: pixels, terms: taps },
  };
}
