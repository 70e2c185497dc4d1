import type { Device, Windows } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import type { Launch } from "../launch";
import { openForTests } from "../testing/open-device";
import { blank, blankInts, floats, type HostTensor, operandOf, PORTABLE, randomFloats, runKernel } from "../testing/run-kernel";
import { maxPool2d } from "./maxPool2d";

const { device, reason } = await openForTests();

/** Windows of a padded pooling, cut at the input's ends. */
function poolWindows(inputSize: number, kernel: number, stride: number, { pad = 0, step = 1, isCeil = false } = {}): Windows {
  const reach = inputSize + 2 * pad - step * (kernel - 1) - 1;
  let outputs = Math.floor((isCeil ? reach + stride - 1 : reach) / stride) + 1;
  if (isCeil && (outputs - 1) * stride >= inputSize + pad) outputs--;
  const taps = Array.from({ length: outputs }, (_, o) =>
    Array.from({ length: kernel }, (_, k) => o * stride - pad + k * step).filter((at) => at >= 0 && at < inputSize),
  );
  return toWindows(inputSize, taps, step);
}

const adaptiveWindows = (inputSize: number, outputs: number): Windows =>
  toWindows(
    inputSize,
    Array.from({ length: outputs }, (_, o) => {
      const [start, end] = [Math.floor((o * inputSize) / outputs), Math.ceil(((o + 1) * inputSize) / outputs)];
      return Array.from({ length: end - start }, (_, k) => start + k);
    }),
    1,
  );

const toWindows = (inputSize: number, taps: number[][], step: number): Windows => ({
  inputSize,
  starts: Int32Array.from(taps, (tap) => tap[0]!),
  counts: Int32Array.from(taps, (tap) => tap.length),
  step,
});

/** PyTorch's rule: scanning in order from −∞ and the first element's index, greater or NaN wins. */
function reference({ shape, data }: HostTensor, rows: Windows, columns: Windows): [y: number[], indices: number[]] {
  const [n, c, h, w] = shape as [number, number, number, number];
  const [y, indices]: [number[], number[]] = [[], []];
  for (let plane = 0; plane < n * c; plane++)
    for (let i = 0; i < rows.starts.length; i++)
      for (let j = 0; j < columns.starts.length; j++) {
        let best = Number.NEGATIVE_INFINITY;
        let winner = rows.starts[i]! * w + columns.starts[j]!;
        for (let r = 0; r < rows.counts[i]!; r++)
          for (let k = 0; k < columns.counts[j]!; k++) {
            const at = (rows.starts[i]! + r * rows.step) * w + columns.starts[j]! + k * columns.step;
            const value = data[plane * h * w + at]!;
            if (value > best || Number.isNaN(value)) [best, winner] = [value, at];
          }
        y.push(best);
        indices.push(winner);
      }
  return [y, indices];
}

const CASES: readonly [name: string, shape: number[], rows: Windows, columns: Windows][] = [
  ["2×2 s2", [2, 3, 8, 16], poolWindows(8, 2, 2), poolWindows(16, 2, 2)],
  ["2×2 s2 with a left-over column", [1, 2, 7, 23], poolWindows(7, 2, 2), poolWindows(23, 2, 2)],
  [
    "2×2 s2 p1 ceil",
    [2, 2, 6, 9],
    poolWindows(6, 2, 2, { pad: 1, isCeil: true }),
    poolWindows(9, 2, 2, { pad: 1, isCeil: true }),
  ],
  ["3×3 s2 p1", [2, 2, 17, 31], poolWindows(17, 3, 2, { pad: 1 }), poolWindows(31, 3, 2, { pad: 1 })],
  ["3×3 s2 ceil", [1, 3, 14, 14], poolWindows(14, 3, 2, { isCeil: true }), poolWindows(14, 3, 2, { isCeil: true })],
  ["3×3 s1 p1", [1, 2, 7, 7], poolWindows(7, 3, 1, { pad: 1 }), poolWindows(7, 3, 1, { pad: 1 })],
  ["5×5 s1 p2", [1, 1, 13, 19], poolWindows(13, 5, 1, { pad: 2 }), poolWindows(19, 5, 1, { pad: 2 })],
  ["3×5 s3×4", [1, 2, 20, 41], poolWindows(20, 3, 3), poolWindows(41, 5, 4)],
  [
    "3×3 dilated 2, s1 p2",
    [1, 2, 12, 15],
    poolWindows(12, 3, 1, { pad: 2, step: 2 }),
    poolWindows(15, 3, 1, { pad: 2, step: 2 }),
  ],
  ["2×2 s9", [1, 1, 40, 40], poolWindows(40, 2, 9), poolWindows(40, 2, 9)],
  ["1×1 of 1×1", [3, 5, 1, 1], poolWindows(1, 1, 1), poolWindows(1, 1, 1)],
  ["global", [2, 2, 7, 7], poolWindows(7, 7, 7), poolWindows(7, 7, 7)],
  ["adaptive 5×7 of 13×17", [1, 2, 13, 17], adaptiveWindows(13, 5), adaptiveWindows(17, 7)],
  ["adaptive 6×6 of 2×3", [1, 2, 2, 3], adaptiveWindows(2, 6), adaptiveWindows(3, 6)],
];

describe.skipIf(!device)(`maxPool2d on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  async function expectExact(x: HostTensor, rows: Windows, columns: Windows) {
    const shape = [x.shape[0]!, x.shape[1]!, rows.starts.length, columns.starts.length];
    const call = { inputs: [x], outputs: [blank(shape), blankInts(shape)], attrs: { rows, columns } };
    const [y, indices] = (await runKernel(device as Device, "maxPool2d", call)).outputs;
    const [wantedY, wantedIndices] = reference(x, rows, columns);
    expect(Array.from(y!.data)).toEqual(wantedY);
    expect(Array.from(indices!.data)).toEqual(wantedIndices);
  }

  describe.each(CASES)("%s %j", (_name, shape, rows, columns) => {
    test("has the largest values and where they are", () => expectExact(randomFloats(shape, 11), rows, columns));

    test("has the first of equal values", () => {
      const { data } = randomFloats(shape, 12);
      return expectExact(floats(shape, data.map(Math.round)), rows, columns);
    });

    test("has the last NaN, and −∞ where there is nothing else", () => {
      const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0];
      const { data } = randomFloats(shape, 13, [0, special.length]);
      return expectExact(
        floats(
          shape,
          Array.from(data, (value) => special[Math.floor(value)]!),
        ),
        rows,
        columns,
      );
    });
  });
});

test("windows have one table, made once", () => {
  const attrs = { rows: poolWindows(8, 2, 2), columns: poolWindows(6, 2, 2) };
  const plan = () => maxPool2d([operandOf([1, 2, 8, 6])], [operandOf([1, 2, 4, 3]), operandOf([1, 2, 4, 3])], attrs, PORTABLE);
  const [first, second] = [plan(), plan()].map(([step]) => (step as Launch).bindings.slice(1, 3));
  expect(second![0]).toBe(first![0]);
  expect(first![1]).toEqual({ table: Int32Array.from([0, 2, 2, 2, 4, 2]) });
});

test("an empty batch has no work", () => {
  const attrs = { rows: poolWindows(8, 2, 2), columns: poolWindows(8, 2, 2) };
  const [x, y] = [operandOf([0, 3, 8, 8]), operandOf([0, 3, 4, 4])];
  expect(maxPool2d([x], [y, y], attrs, PORTABLE)).toEqual([]);
});
