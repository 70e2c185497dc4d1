import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { type ConvCase, eachProduct, outputShape, randomConvCases, Sums, weightShape } from "../testing/conv-reference";
import { blank, type HostTensor, randomFloats, worstError } from "../testing/run-plan";
import { SUM_BLOCK } from "./conv-plan";
import { conv2d } from "./conv2d";
import { conv2dInputGrad } from "./conv2dInputGrad";
import { conv2dWeightGrad } from "./conv2dWeightGrad";

const run = onBothThreadCounts();

const plain = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const;
const padded = { ...plain, padding: [1, 1, 1, 1] } as const;

const CASES: readonly ConvCase[] = [
  { ...plain, x: [1, 1, 1, 1], outChannels: 1, kernel: [1, 1] },
  { ...plain, x: [2, 1, 32, 32], outChannels: 6, kernel: [5, 5] },
  { ...plain, x: [3, 6, 14, 14], outChannels: 16, kernel: [5, 5] },
  // Images so small that several share a task.
  { ...padded, x: [7, 24, 7, 7], outChannels: 32, kernel: [3, 3] },
  { ...padded, x: [7, 16, 9, 7], outChannels: 23, kernel: [3, 3], stride: [2, 2] },
  // Without padding: the input gradient goes by lines.
  { ...plain, x: [9, 5, 13, 11], outChannels: 70, kernel: [5, 4], padding: [1, 0, 0, 2] },
  { ...plain, x: [1, 3, 33, 31], outChannels: 8, kernel: [7, 7], stride: [2, 2], padding: [3, 3, 3, 3] },
  { ...padded, x: [1, 64, 14, 14], outChannels: 64, kernel: [3, 3] },
  { ...plain, x: [1, 65, 7, 9], outChannels: 63, kernel: [1, 1] },
  { ...plain, x: [2, 16, 8, 8], outChannels: 32, kernel: [1, 1], stride: [2, 2] },
  // Planes that aren't staged, and pixels with gaps between them.
  { ...plain, x: [2, 5, 9, 8], outChannels: 10, kernel: [1, 1], stride: [2, 3], groups: 5 },
  { ...padded, x: [2, 8, 9, 9], outChannels: 8, kernel: [3, 3], groups: 8 },
  { ...padded, x: [1, 6, 9, 65], outChannels: 12, kernel: [3, 3], groups: 6, stride: [2, 2] },
  { ...padded, x: [2, 32, 14, 14], outChannels: 32, kernel: [3, 3], groups: 8 },
  // Lines longer than one block of a sum.
  { ...plain, x: [1, 4, 5, 300], outChannels: 5, kernel: [3, 3], padding: [0, 2, 1, 0] },
  // More padding than kernel, and a phase that no tap reaches.
  { ...plain, x: [1, 2, 6, 6], outChannels: 2, kernel: [1, 1], padding: [2, 2, 2, 2], stride: [3, 3] },
  // Several waves of images.
  { ...padded, x: [70, 16, 32, 32], outChannels: 4, kernel: [3, 3] },
  ...randomConvCases(60, 7),
];

const nameOf = ({ x, outChannels, kernel, stride, padding, dilation, groups }: ConvCase) =>
  `x [${x}] to ${outChannels} by ${kernel}, stride ${stride}, padding ${padding}, dilation ${dilation}, groups ${groups}`;

interface Operands {
  readonly x: HostTensor;
  readonly weight: HostTensor;
  readonly bias: HostTensor;
  readonly dy: HostTensor;
}

const operandsOf = (given: ConvCase): Operands => ({
  x: randomFloats(given.x, 1),
  weight: randomFloats(weightShape(given), 2),
  bias: randomFloats([given.outChannels], 3),
  dy: randomFloats(outputShape(given), 4),
});

const isWithinBound = (got: HostTensor, wanted: Sums): number =>
  worstError(got.data, wanted.values, (_, i) => wanted.bound(i, SUM_BLOCK));

describe("conv2d and its gradients", () => {
  it.each(CASES.map((given) => [nameOf(given), given] as const))("agree with f64 loops: %s", (_, given) => {
    const { x, weight, bias, dy } = operandsOf(given);
    const [y] = run(conv2d, { inputs: [x, weight, bias], outputs: [blank(dy.shape)], attrs: given });
    const [dx] = run(conv2dInputGrad, { inputs: [dy, weight], outputs: [blank(x.shape)], attrs: given });
    const [dw] = run(conv2dWeightGrad, { inputs: [x, dy], outputs: [blank(weight.shape)], attrs: given });

    const wanted = { y: new Sums(dy.data.length), dx: new Sums(x.data.length), dw: new Sums(weight.data.length) };
    const pixels = dy.shape[2]! * dy.shape[3]!;
    for (let i = 0; i < dy.data.length; i++) wanted.y.add(i, bias.data[Math.floor(i / pixels) % given.outChannels]!);
    eachProduct(given, (xi, wi, yi) => {
      wanted.y.add(yi, x.data[xi]! * weight.data[wi]!);
      wanted.dx.add(xi, dy.data[yi]! * weight.data[wi]!);
      wanted.dw.add(wi, dy.data[yi]! * x.data[xi]!);
    });
    expect(isWithinBound(y!, wanted.y)).toBeLessThanOrEqual(1);
    expect(isWithinBound(dx!, wanted.dx)).toBeLessThanOrEqual(1);
    expect(isWithinBound(dw!, wanted.dw)).toBeLessThanOrEqual(1);
  });

  it("make dw zero when the batch is empty", () => {
    const [dw] = run(conv2dWeightGrad, {
      inputs: [blank([0, 3, 5, 5]), blank([0, 4, 3, 3])],
      outputs: [blank([4, 3, 3, 3])],
      attrs: plain,
    });
    expect(dw!.data.every((value) => value === 0)).toBe(true);
  });

  it("let a NaN reach exactly the outputs whose window holds it", () => {
    const x = randomFloats([1, 8, 9, 9], 5);
    (x.data as Float32Array)[4 * 9 + 4] = Number.NaN;
    for (const [groups, outChannels] of [
      [1, 8],
      [8, 8],
    ] as const) {
      const [y] = run(conv2d, {
        inputs: [x, randomFloats([outChannels, 8 / groups, 3, 3], 6)],
        outputs: [blank([1, outChannels, 9, 9])],
        attrs: { ...padded, groups },
      });
      const isTouched = (i: number) =>
        Math.abs((Math.floor(i / 9) % 9) - 4) <= 1 && Math.abs((i % 9) - 4) <= 1 && (groups === 1 || i < 81);
      expect(Array.from(y!.data, Number.isNaN)).toEqual(Array.from(y!.data, (_, i) => isTouched(i)));
    }
  });
});
