import {
  type Conv2dAttrs,
  type Conv2dOptions,
  conv2d,
  conv2dInputGrad,
  conv2dOutputShape,
  conv2dWeightGrad,
  type Device,
  type DType,
  Philox,
  Scope,
  type Shape,
  type Tensor,
  tensor,
  toDtype,
  toPadding4,
} from "@vertebra/core";
import { conv2d as planForward } from "../kernels/conv2d";
import { conv2dInputGrad as planInputGrad } from "../kernels/conv2dInputGrad";
import { conv2dWeightGrad as planWeightGrad } from "../kernels/conv2dWeightGrad";
import type { CudaOperand } from "../launch";

/** Shapes of x and weight. */
export type ConvRow = readonly [what: string, x: Shape, weight: Shape, options: Conv2dOptions];

/** The kernels that y, dx and dw of a row take on the two multiprocessors of the test driver. */
export function kernelsFor(
  [, xShape, weightShape, options]: ConvRow,
  dtype: DType,
  { tf32 = false, warpgroups = false } = {},
): readonly string[] {
  const attrs = attrsOf(options);
  const of = (shape: Shape): CudaOperand => ({ memory: { address: 0 }, shape, dtype });
  const [x, weight, y] = [of(xShape), of(weightShape), of(conv2dOutputShape(xShape, weightShape, attrs))];
  const limits = { multiprocessors: 2, sharedBytesPerBlock: (warpgroups ? 227 : 163) << 10, tf32, warpgroups };
  const inputSize = [xShape[2] as number, xShape[3] as number] as const;
  const kernelSize = [weightShape[2] as number, weightShape[3] as number] as const;
  const steps = [
    ...planForward([x, weight], [y], attrs, limits),
    ...planInputGrad([y, weight], [x], { ...attrs, inputSize }, limits),
    ...planWeightGrad([x, y], [weight], { ...attrs, kernelSize }, limits),
  ];
  return steps.flatMap((step) => ("kernel" in step ? `${step.kernel.module} ${step.kernel.name}` : []));
}

const toPair = (value: Conv2dOptions["stride"] = 1): readonly [number, number] =>
  typeof value === "number" ? [value, value] : value;

function attrsOf({ stride, padding = 0, dilation, groups = 1 }: Conv2dOptions): Conv2dAttrs {
  return { stride: toPair(stride), padding: toPadding4(padding), dilation: toPair(dilation), groups };
}

/** y, dx and dw of whole numbers, which no order of adding them rounds in f32. */
export async function evaluate(on: Device, [, xShape, weightShape, options]: ConvRow, dtype: DType): Promise<Float32Array[]> {
  const scope = new Scope(undefined);
  try {
    const random = new Philox(1);
    const of = (shape: Shape): Tensor => {
      const values = random.normalArray(shape.reduce((count, size) => count * size, 1)).map(Math.round);
      return tensor(values, { shape, device: on });
    };
    const map = (shape: Shape): Tensor => toDtype(of(shape), dtype);
    const attrs = attrsOf(options);
    const results = scope.run(() => {
      const [x, weight] = [map(xShape), map(weightShape)];
      const y = conv2d(x, weight, of(weightShape.slice(0, 1)), options);
      const dy = map(y.shape);
      const [, , h, w] = xShape as [number, number, number, number];
      const [, , kh, kw] = weightShape as [number, number, number, number];
      const dx = conv2dInputGrad(dy, weight, { ...attrs, inputSize: [h, w] });
      return [y, dx, conv2dWeightGrad(x, dy, { ...attrs, kernelSize: [kh, kw] })].map((one) => toDtype(one, "f32"));
    });
    return (await Promise.all(results.map((one) => one.data()))) as Float32Array[];
  } finally {
    scope.end();
  }
}

/** Of y, dx and dw: how many there are, and where the first is that isn't what is `expected`, rounded once. */
export function firstWrong(expected: readonly Float32Array[], actual: readonly Float32Array[], rounding: number) {
  return expected.map((values, i) => {
    const result = actual[i] as Float32Array;
    const isRight = (value: number, at: number) => Math.abs((result[at] as number) - value) <= rounding * Math.abs(value);
    return [result.length, values.findIndex((value, at) => !isRight(value, at))];
  });
}

/** What it says of results that are right. */
export const noneWrong = (expected: readonly Float32Array[]) => expected.map(({ length }) => [length, -1]);
