import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { type ConvCase, eachProduct, outputShape, Sums, weightShape } from "../testing/conv-reference";
import { blank, randomFloats, worstError } from "../testing/run-plan";
import { conv2dFused } from "./conv2dFused";

const run = onBothThreadCounts();

const plain = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 } as const;
const CASES: readonly (readonly [string, ConvCase])[] = [
  ["packed panels", { ...plain, x: [2, 5, 7, 9], outChannels: 13, kernel: [3, 3] }],
  ["pixels", { ...plain, x: [2, 5, 9, 31], outChannels: 15, kernel: [3, 3] }],
  ["pixels of several images", { ...plain, x: [5, 5, 7, 7], outChannels: 16, kernel: [3, 3] }],
  ["panels in place", { ...plain, x: [2, 5, 16, 16], outChannels: 6, kernel: [3, 3] }],
  ["depthwise", { ...plain, x: [2, 6, 9, 31], outChannels: 6, kernel: [3, 3], groups: 6, stride: [2, 1] }],
  ["several waves", { ...plain, x: [40, 24, 36, 36], outChannels: 4, kernel: [1, 3] }],
];

const ACTIVATIONS = {
  none: (v: number) => v,
  relu: (v: number) => Math.max(v, 0),
  relu6: (v: number) => Math.min(Math.max(v, 0), 6),
  silu: (v: number) => v / (1 + Math.exp(-v)),
};

describe("conv2dFused", () => {
  for (const [name, given] of CASES) {
    for (const activation of ["none", "relu", "relu6", "silu"] as const) {
      for (const hasResidual of [false, true]) {
        it(`agrees with the composition: ${name}, ${activation}${hasResidual ? ", residual" : ""}`, () => {
          const x = randomFloats(given.x, 1);
          const weight = randomFloats(weightShape(given), 2);
          const scale = randomFloats([given.outChannels], 3);
          const shift = randomFloats([given.outChannels], 4, [-1, 4]);
          const residual = randomFloats(outputShape(given), 5, [-1, 3]);
          const inputs = [x, weight, scale, shift, ...(hasResidual ? [residual] : [])];
          const [y] = run(conv2dFused, { inputs, outputs: [blank(residual.shape)], attrs: { ...given, activation } });

          const sums = new Sums(residual.data.length);
          eachProduct(given, (xi, wi, yi) => sums.add(yi, x.data[xi]! * weight.data[wi]!));
          const pixels = residual.shape[2]! * residual.shape[3]!;
          const wanted = sums.values.map((sum, i) => {
            const o = Math.floor(i / pixels) % given.outChannels;
            return ACTIVATIONS[activation](sum * scale.data[o]! + shift.data[o]! + (hasResidual ? residual.data[i]! : 0));
          });
          // The convolution's own error, and three roundings at the size of the largest term; silu's slope is at most 1.1.
          const bound = (value: number, i: number) => 1.1 * (sums.bound(i, 256) + 2 ** -22 * (10 + Math.abs(value)));
          expect(worstError(y!.data, wanted, bound)).toBeLessThanOrEqual(1);
        });
      }
    }
  }
});
