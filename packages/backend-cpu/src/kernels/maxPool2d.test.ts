import type { Windows } from "@vertebra/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bitsOf, blank, blankInts, floats, type HostTensor, PlanRunner, randomFloats } from "../testing/run-plan";
import { maxPool2d } from "./maxPool2d";

let one: PlanRunner;
let two: PlanRunner;
beforeAll(async () => {
  [one, two] = await Promise.all([PlanRunner.open({ threads: 1 }), PlanRunner.open({ threads: 2 })]);
});
afterAll(() => {
  one.close();
  two.close();
});

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

function run(runner: PlanRunner, x: HostTensor, rows: Windows, columns: Windows): [y: HostTensor, indices: HostTensor] {
  const shape = [x.shape[0]!, x.shape[1]!, rows.starts.length, columns.starts.length];
  const { outputs } = runner.run(maxPool2d, { inputs: [x], outputs: [blank(shape), blankInts(shape)], attrs: { rows, columns } });
  return outputs as [HostTensor, HostTensor];
}

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

function expectExact(x: HostTensor, rows: Windows, columns: Windows) {
  const [y, indices] = run(one, x, rows, columns);
  const [wantedY, wantedIndices] = reference(x, rows, columns);
  expect(Array.from(y.data)).toEqual(wantedY);
  expect(Array.from(indices.data)).toEqual(wantedIndices);
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

test.each(CASES)("%s %j: largest values and where they are", (_name, shape, rows, columns) => {
  expectExact(randomFloats(shape, 11), rows, columns);
});

test.each(CASES)("%s %j with few different values: the first of equals wins", (_name, shape, rows, columns) => {
  const { data } = randomFloats(shape, 12);
  expectExact(
    floats(
      shape,
      Array.from(data, (value) => Math.round(value)),
    ),
    rows,
    columns,
  );
});

test.each(CASES)("%s %j with NaN and ±∞: the last NaN wins, −∞ alone stays", (_name, shape, rows, columns) => {
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0];
  const { data } = randomFloats(shape, 13, [0, special.length]);
  expectExact(
    floats(
      shape,
      Array.from(data, (value) => special[Math.floor(value)]!),
    ),
    rows,
    columns,
  );
});

test("two threads give the same bits", () => {
  const x = randomFloats([2, 16, 41, 43], 5);
  const [rows, columns] = [poolWindows(41, 3, 2, { pad: 1 }), poolWindows(43, 3, 2, { pad: 1 })];
  const [ours, theirs] = [one, two].map((runner) => run(runner, x, rows, columns).map(({ data }) => data));
  expect(bitsOf(theirs!)).toBe(bitsOf(ours!));
});

test("an empty batch has no work", () => {
  const [y] = run(one, floats([0, 3, 8, 8], []), poolWindows(8, 2, 2), poolWindows(8, 2, 2));
  expect(y.data.length).toBe(0);
});
