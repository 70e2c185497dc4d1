import { type Conv2dAttrs, conv2dOutputShape, type KernelTable, type OpName, type Shape } from "@vertebra/core";
import type { Values } from "../reference/values";
import { type BoundContext, sums } from "../tolerance";
import { normal } from "./inputs";
import type { OpCase, OpCases } from "./types";

interface ConvRow {
  readonly name: string;
  readonly x: Shape;
  readonly weight: Shape;
  readonly attrs?: Partial<Conv2dAttrs>;
}

const PLAIN: Conv2dAttrs = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };

/** Every kernel size with strides, uneven padding, dilation and groups; the layers of LeNet and ResNet, made small. */
const CONVOLUTIONS: readonly ConvRow[] = [
  { name: "1×1 on one pixel", x: [1, 1, 1, 1], weight: [1, 1, 1, 1] },
  { name: "1×1", x: [2, 9, 7, 8], weight: [7, 9, 1, 1] },
  { name: "1×1 stride 2", x: [2, 8, 9, 7], weight: [16, 8, 1, 1], attrs: { stride: [2, 2] } },
  { name: "3×3", x: [2, 3, 8, 9], weight: [4, 3, 3, 3] },
  { name: "3×3 padded", x: [2, 8, 9, 8], weight: [8, 8, 3, 3], attrs: { padding: [1, 1, 1, 1] } },
  { name: "3×3 padded stride 2", x: [1, 8, 9, 8], weight: [9, 8, 3, 3], attrs: { padding: [1, 1, 1, 1], stride: [2, 2] } },
  { name: "3×3 uneven padding", x: [1, 3, 7, 6], weight: [2, 3, 3, 3], attrs: { padding: [0, 2, 3, 1] } },
  {
    name: "3×3 uneven stride and dilation",
    x: [2, 4, 13, 12],
    weight: [4, 4, 3, 3],
    attrs: { padding: [3, 3, 3, 2], stride: [2, 1], dilation: [3, 2] },
  },
  { name: "3×3 stride larger than kernel", x: [1, 2, 11, 12], weight: [3, 2, 3, 3], attrs: { stride: [4, 5] } },
  { name: "3×3 depthwise", x: [2, 9, 8, 7], weight: [9, 1, 3, 3], attrs: { padding: [1, 1, 1, 1], groups: 9 } },
  {
    name: "5×5 depthwise stride 2",
    x: [1, 8, 11, 10],
    weight: [8, 1, 5, 5],
    attrs: { padding: [2, 2, 2, 2], stride: [2, 2], groups: 8 },
  },
  { name: "3×3 depthwise, two each", x: [1, 4, 6, 6], weight: [8, 1, 3, 3], attrs: { padding: [1, 0, 0, 1], groups: 4 } },
  { name: "3×3 grouped", x: [2, 8, 7, 7], weight: [12, 2, 3, 3], attrs: { padding: [1, 1, 1, 1], groups: 4 } },
  { name: "7×7 stride 2", x: [1, 3, 23, 22], weight: [8, 3, 7, 7], attrs: { padding: [3, 3, 3, 3], stride: [2, 2] } },
  { name: "1×7", x: [1, 4, 5, 9], weight: [5, 4, 1, 7], attrs: { padding: [0, 0, 3, 3] } },
  { name: "7×1", x: [1, 4, 9, 5], weight: [5, 4, 7, 1], attrs: { padding: [3, 3, 0, 0] } },
  { name: "kernel as large as the input", x: [3, 6, 5, 5], weight: [10, 6, 5, 5] },
  { name: "kernel larger than the input", x: [1, 2, 2, 2], weight: [3, 2, 5, 5], attrs: { padding: [2, 2, 2, 2] } },
  { name: "no image", x: [0, 3, 8, 8], weight: [4, 3, 3, 3] },
  { name: "LeNet conv1", x: [2, 1, 28, 28], weight: [6, 1, 5, 5], attrs: { padding: [2, 2, 2, 2] } },
  { name: "LeNet conv2", x: [2, 6, 14, 14], weight: [16, 6, 5, 5] },
  { name: "ResNet layer1", x: [1, 32, 14, 14], weight: [32, 32, 3, 3], attrs: { padding: [1, 1, 1, 1] } },
  { name: "ResNet layer4", x: [1, 65, 7, 7], weight: [63, 65, 3, 3], attrs: { padding: [1, 1, 1, 1] } },
  { name: "large", x: [2, 12, 29, 27], weight: [24, 12, 3, 3], attrs: { padding: [1, 1, 1, 1] } },
];

const rows = CONVOLUTIONS.map(({ attrs, ...row }) => {
  const full = { ...PLAIN, ...attrs };
  return { ...row, attrs: full, y: conv2dOutputShape(row.x, row.weight, full) };
});

/** Channels of a group times kernel: what one output sums. */
const sizeOfShape = (shape: Shape, from: number, to?: number): number => shape.slice(from, to).reduce((n, size) => n * size, 1);
const shapeAt = (values: readonly Values[], index: number): Shape => values[index]?.shape ?? [];

/** Outputs that one input goes into: at most the group's output channels times the kernel. */
const inputGradTerms = ({ inputs, attrs }: BoundContext<KernelTable["conv2dInputGrad"]>): number => {
  const weight = shapeAt(inputs, 1);
  return ((weight[0] as number) / attrs.groups) * sizeOfShape(weight, 2);
};
/** Places where one weight is used: images times outputs. */
const weightGradTerms = ({ inputs }: BoundContext<KernelTable["conv2dWeightGrad"]>): number => {
  const dy = shapeAt(inputs, 1);
  return (dy[0] as number) * sizeOfShape(dy, 2);
};

interface MatmulRow {
  readonly a: Shape;
  readonly b: Shape;
  readonly transA?: boolean;
  readonly transB?: boolean;
}

const MATMULS: readonly MatmulRow[] = [
  { a: [1, 1], b: [1, 1] },
  ...[7, 8, 9, 63, 64, 65].map((size) => ({ a: [size, size], b: [size, size] })),
  { a: [7, 65], b: [65, 9] },
  { a: [65, 7], b: [65, 9], transA: true },
  { a: [7, 65], b: [9, 65], transB: true },
  { a: [65, 7], b: [9, 65], transA: true, transB: true },
  { a: [1, 129], b: [129, 1] },
  { a: [129, 1], b: [1, 127] },
  { a: [4, 1, 7], b: [7, 5] },
  { a: [2, 3, 4, 5], b: [2, 3, 5, 6] },
  { a: [2, 1, 4, 5], b: [3, 6, 5], transB: true },
  { a: [5, 4], b: [3, 5, 6], transA: true },
  { a: [0, 5], b: [5, 3] },
  { a: [2, 0], b: [0, 3] },
  { a: [0, 2, 3], b: [3, 2] },
  { a: [8, 2048], b: [10, 2048], transB: true },
  { a: [97, 200], b: [200, 80] },
];

export const productCases = {
  conv2d: {
    tolerance: sums("blocked sum over channels and kernel, and the bias", ({ inputs }) => sizeOfShape(shapeAt(inputs, 1), 1), {
      extra: 2,
    }),
    cases: rows.flatMap(({ name, x, weight, attrs }, i): OpCase<Conv2dAttrs>[] => [
      { name, inputs: [normal(x), normal(weight), ...(i % 2 ? [normal([weight[0] as number])] : [])], attrs },
    ]),
  },
  conv2dInputGrad: {
    tolerance: sums("blocked sum over output channels and kernel", inputGradTerms),
    cases: rows.map(({ name, x, weight, y, attrs }) => ({
      name,
      inputs: [normal(y), normal(weight)],
      attrs: { ...attrs, inputSize: [x[2] as number, x[3] as number] as const },
    })),
  },
  conv2dWeightGrad: {
    tolerance: sums("blocked sum over images and outputs", weightGradTerms),
    cases: rows.map(({ name, x, weight, y, attrs }) => ({
      name,
      inputs: [normal(x), normal(y)],
      attrs: { ...attrs, kernelSize: [weight[2] as number, weight[3] as number] as const },
    })),
  },
  matmul: {
    tolerance: sums("blocked sum over K", ({ inputs, attrs }) => shapeAt(inputs, 0).at(attrs.transA ? -2 : -1) as number),
    cases: MATMULS.map(({ a, b, transA = false, transB = false }) => ({
      name: `[${a}]${transA ? "ᵀ" : ""} · [${b}]${transB ? "ᵀ" : ""}`,
      inputs: [normal(a), normal(b)],
      attrs: { transA, transB },
    })),
  },
} satisfies { readonly [K in OpName]?: OpCases<K> };
