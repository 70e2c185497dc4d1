import { type Device, transposeWindows, type WeightedWindows, weightedWindows } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import type { Launch } from "../launch";
import { openForTests } from "../testing/open-device";
import { blank, type HostTensor, operandOf, PORTABLE, randomFloats, runKernel, worstError } from "../testing/run-kernel";
import { resample2d } from "./resample2d";

const { device, reason } = await openForTests();

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Average pooling, padding not counted. */
const averages = (inputSize: number, kernel: number, stride: number, pad = 0): WeightedWindows =>
  weightedWindows(
    inputSize,
    range(Math.floor((inputSize + 2 * pad - kernel) / stride) + 1).map((o) => {
      const start = Math.max(0, o * stride - pad);
      const count = Math.min(inputSize, o * stride - pad + kernel) - start;
      return { start, weights: range(count).map(() => 1 / count) };
    }),
  );

const adaptive = (inputSize: number, outputs: number): WeightedWindows =>
  weightedWindows(
    inputSize,
    range(outputs).map((o) => {
      const start = Math.floor((o * inputSize) / outputs);
      const count = Math.ceil(((o + 1) * inputSize) / outputs) - start;
      return { start, weights: range(count).map(() => 1 / count) };
    }),
  );

/** Bilinear with half-pixel centres. */
const bilinear = (inputSize: number, outputs: number): WeightedWindows =>
  weightedWindows(
    inputSize,
    range(outputs).map((o) => {
      const at = Math.max(0, ((o + 0.5) * inputSize) / outputs - 0.5);
      const start = Math.min(Math.floor(at), inputSize - 1);
      return { start, weights: start + 1 < inputSize ? [1 - (at - start), at - start] : [1] };
    }),
  );

/** y and Σ |terms|, by the double sum in f64. */
function reference(
  { shape, data }: HostTensor,
  rows: WeightedWindows,
  columns: WeightedWindows,
): [y: number[], magnitude: number[]] {
  const [n, c, h, w] = shape as [number, number, number, number];
  const [y, magnitude]: [number[], number[]] = [[], []];
  for (let plane = 0; plane < n * c; plane++)
    for (let i = 0; i < rows.starts.length; i++)
      for (let j = 0; j < columns.starts.length; j++) {
        let [sum, absolute] = [0, 0];
        for (let r = 0; r < rows.counts[i]!; r++)
          for (let k = 0; k < columns.counts[j]!; k++) {
            const weight = rows.weights[i * rows.taps + r]! * columns.weights[j * columns.taps + k]!;
            const term = weight * data[plane * h * w + (rows.starts[i]! + r) * w + columns.starts[j]! + k]!;
            sum += term;
            absolute += Math.abs(term);
          }
        y.push(sum);
        magnitude.push(absolute);
      }
  return [y, magnitude];
}

const CASES: readonly [name: string, planes: number[], rows: WeightedWindows, columns: WeightedWindows][] = [
  ["global average of 7×7", [2, 9], averages(7, 7, 7), averages(7, 7, 7)],
  ["global average of 224×223", [1, 2], averages(224, 224, 1), averages(223, 223, 1)],
  ["global average of 150×160, in parts", [1, 2], averages(150, 150, 1), averages(160, 160, 1)],
  ["average over rows only", [1, 2], averages(100, 100, 1), averages(9, 1, 1)],
  ["average over columns only", [1, 2], averages(9, 1, 1), averages(100, 100, 1)],
  ["average of 600×3 over rows only", [1, 1], averages(600, 600, 1), averages(3, 1, 1)],
  ["average over bands of rows and all columns", [2, 3], averages(40, 10, 10), averages(30, 30, 1)],
  ["average 2×2 s2", [2, 3], averages(12, 2, 2), averages(30, 2, 2)],
  ["average 3×3 s1 p1", [1, 2], averages(9, 3, 1, 1), averages(23, 3, 1, 1)],
  ["average 3×3 s2 p1", [1, 2], averages(17, 3, 2, 1), averages(35, 3, 2, 1)],
  ["average 5×5 s3", [1, 2], averages(17, 5, 3), averages(35, 5, 3)],
  ["average 17×17 s1", [1, 2], averages(40, 17, 1), averages(64, 17, 1)],
  ["adaptive 6×6 of 13×13", [1, 3], adaptive(13, 6), adaptive(13, 6)],
  ["adaptive 7×7 of 5×3", [1, 3], adaptive(5, 7), adaptive(3, 7)],
  ["bilinear 7×9 to 20×31", [1, 2], bilinear(7, 20), bilinear(9, 31)],
  ["bilinear 40×37 to 15×16", [1, 2], bilinear(40, 15), bilinear(37, 16)],
  ["bilinear 8×8 to 16×4", [1, 2], bilinear(8, 16), bilinear(8, 4)],
  ["identity", [2, 1], averages(5, 1, 1), averages(6, 1, 1)],
  ["every third, so that inputs are left out", [1, 1], averages(14, 1, 3), averages(14, 1, 3)],
];

describe.skipIf(!device)(`resample2d on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  async function run(x: HostTensor, rows: WeightedWindows, columns: WeightedWindows) {
    const shape = [x.shape[0]!, x.shape[1]!, rows.starts.length, columns.starts.length];
    const call = { inputs: [x], outputs: [blank(shape)], attrs: { rows, columns } };
    return (await runKernel(device as Device, "resample2d", call)).outputs[0]!.data;
  }

  async function expectClose(x: HostTensor, rows: WeightedWindows, columns: WeightedWindows) {
    const [y, magnitude] = reference(x, rows, columns);
    // Two rounded weights, then blocks of terms: a few of 2⁻²⁴ in practice, far from the worst case.
    const bound = (_: number, i: number) => 8 * 2 ** -24 * magnitude[i]! + Number.MIN_VALUE;
    expect(worstError(await run(x, rows, columns), y, bound)).toBeLessThanOrEqual(1);
  }

  describe.each(CASES)("%s", (_name, planes, rows, columns) => {
    test("is the double sum in f64", () =>
      expectClose(randomFloats([...planes, rows.inputSize, columns.inputSize], 17, [-1, 2]), rows, columns));

    test("and so is its transpose", () => {
      const [rowsT, columnsT] = [transposeWindows(rows), transposeWindows(columns)];
      return expectClose(randomFloats([...planes, rowsT.inputSize, columnsT.inputSize], 19), rowsT, columnsT);
    });
  });

  test("a NaN or ∞ stays inside the windows that read it", async () => {
    const x = randomFloats([1, 1, 9, 33], 3);
    x.data[5] = Number.NaN;
    x.data[20] = Number.POSITIVE_INFINITY;
    const y = await run(x, averages(9, 2, 2), averages(33, 2, 2));
    expect(Array.from(y).flatMap((value, i) => (Number.isFinite(value) ? [] : [i]))).toEqual([2, 10]);
  });
});

describe("the plan", () => {
  const launchesOf = (planes: readonly number[], rows: WeightedWindows, columns: WeightedWindows) => {
    const x = operandOf([...planes, rows.inputSize, columns.inputSize]);
    const y = operandOf([...planes, rows.starts.length, columns.starts.length]);
    return resample2d([x], [y], { rows, columns }, PORTABLE) as readonly Launch[];
  };
  const names = (launches: readonly Launch[]) => launches.map(({ shader }) => shader.name);

  test("takes small windows at once, large ones axis by axis with the smaller rest between", () => {
    expect(names(launchesOf([1, 2], averages(9, 3, 2), averages(9, 3, 2)))).toEqual(["resample2d"]);
    const large = launchesOf([1, 2], averages(40, 10, 10), averages(50, 20, 1));
    expect(names(large)).toEqual(["resample2d-axis", "resample2d-axis"]);
    expect(large[0]!.bindings[3]).toEqual({ scratchBytes: 2 * 4 * 50 * 4 });
    expect(large[1]!.bindings[0]).toBe(large[0]!.bindings[3]);
  });

  test("takes one axis where the other stays", () => {
    expect(names(launchesOf([1, 2], averages(40, 10, 10), averages(50, 1, 1)))).toEqual(["resample2d-axis"]);
    expect(names(launchesOf([1, 2], averages(40, 1, 1), averages(50, 5, 5)))).toEqual(["resample2d-axis"]);
  });

  test("adds up planes, large ones in parts", () => {
    const [small] = launchesOf([2, 9], averages(7, 7, 7), averages(7, 7, 7));
    // 4 invocations a plane, 16 planes a workgroup.
    expect([small!.shader.name, small!.constants, small!.grid]).toEqual(["resample2d-sum", { SIZE: 64, LANES: 4 }, [2, 1, 1]]);
    const large = launchesOf([1, 3], averages(200, 200, 1), averages(300, 300, 1));
    expect(large.map(({ grid }) => grid)).toEqual([
      [12, 1, 1],
      [1, 1, 1],
    ]);
  });

  test("of an empty batch has no work", () => {
    expect(launchesOf([0, 3], averages(8, 2, 2), averages(8, 2, 2))).toEqual([]);
  });
});
