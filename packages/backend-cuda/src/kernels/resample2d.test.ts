import { type Device, Philox, resample2d, tensor, transposeWindows, type WeightedWindows, weightedWindows } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { afterAll, describe, expect, it } from "vitest";
import type { CudaOperand, Launch, Limits } from "../launch";
import { openForTests } from "../testing/open-device";
import { resample2d as planOf } from "./resample2d";

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

const CASES: readonly [name: string, planes: number[], rows: WeightedWindows, columns: WeightedWindows][] = [
  ["global average of 3×2", [5, 90], averages(3, 3, 3), averages(2, 2, 2)],
  ["global average of 7×7", [2, 9], averages(7, 7, 7), averages(7, 7, 7)],
  ["global average of 224×223, in parts", [1, 2], averages(224, 224, 1), averages(223, 223, 1)],
  ["average over rows only", [1, 2], averages(100, 100, 1), averages(9, 1, 1)],
  ["average over columns only", [1, 2], averages(9, 1, 1), averages(100, 100, 1)],
  ["average over bands of rows and all columns", [2, 3], averages(40, 10, 10), averages(30, 30, 1)],
  ["average 3×3 s2 p1", [1, 2], averages(17, 3, 2, 1), averages(35, 3, 2, 1)],
  ["average 17×17 s1", [1, 2], averages(40, 17, 1), averages(64, 17, 1)],
  ["bilinear 7×9 to 20×31", [1, 2], bilinear(7, 20), bilinear(9, 31)],
  ["identity", [2, 1], averages(5, 1, 1), averages(6, 1, 1)],
  ["every third, so that inputs are left out", [1, 1], averages(14, 1, 3), averages(14, 1, 3)],
];

/** Of a rounding to each dtype. */
const ROUNDINGS = { f32: 0, f16: 2 ** -11, bf16: 2 ** -8 };

describe.skipIf(!device)(`resample2d on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  async function expectClose(planes: number[], rows: WeightedWindows, columns: WeightedWindows, dtype: keyof typeof ROUNDINGS) {
    const shape = [...planes, rows.inputSize, columns.inputSize];
    // Sixteenths, exact in 16 bits.
    const data = Float32Array.from(new Philox(17).uniformArray(product(shape)), (value) => Math.floor(48 * value) / 16 - 1);
    const y = resample2d(tensor(data, { shape, dtype, device: device as Device }), rows, columns);
    const got = await y.data();
    const wrong = doubleSums(data, product(planes), rows, columns).filter(([sum, magnitude], i) => {
      // Two rounded weights, then blocks of terms: a few of 2⁻²⁴ in practice, far from the worst case.
      const bound = 8 * 2 ** -24 * magnitude + ROUNDINGS[dtype] * Math.abs(sum) + 2 ** -25;
      return !(Math.abs(Number(got[i]) - sum) <= bound);
    });
    expect(wrong).toEqual([]);
  }

  describe.each(["f32", "f16", "bf16"] as const)("of %s", (dtype) => {
    it.each(CASES)("is the double sum in f64: %s, and its transpose", async (_name, planes, rows, columns) => {
      await expectClose(planes, rows, columns, dtype);
      await expectClose(planes, transposeWindows(rows), transposeWindows(columns), dtype);
    });
  });
});

/** y and Σ |terms|. */
function doubleSums(x: Float32Array, planes: number, rows: WeightedWindows, columns: WeightedWindows): [number, number][] {
  const [h, w] = [rows.inputSize, columns.inputSize];
  const [ho, wo] = [rows.starts.length, columns.starts.length];
  return range(planes * ho * wo).map((output) => {
    const [plane, i, j] = [Math.floor(output / (ho * wo)), Math.floor(output / wo) % ho, output % wo];
    let [sum, magnitude] = [0, 0];
    for (let r = 0; r < (rows.counts[i] as number); r++)
      for (let k = 0; k < (columns.counts[j] as number); k++) {
        const weight = (rows.weights[i * rows.taps + r] as number) * (columns.weights[j * columns.taps + k] as number);
        const at = (plane * h + (rows.starts[i] as number) + r) * w + (columns.starts[j] as number) + k;
        sum += weight * (x[at] as number);
        magnitude += Math.abs(weight * (x[at] as number));
      }
    return [sum, magnitude];
  });
}

describe("the plan of resample2d", () => {
  const LIMITS: Limits = { multiprocessors: 108, sharedBytesPerBlock: 49_152, tf32: false, warpgroups: false };
  const operandOf = (shape: readonly number[]): CudaOperand => ({ memory: { address: 0 }, shape, dtype: "f16" });
  const launches = (planes: readonly number[], rows: WeightedWindows, columns: WeightedWindows) =>
    planOf(
      [operandOf([...planes, rows.inputSize, columns.inputSize])],
      [operandOf([...planes, rows.starts.length, columns.starts.length])],
      { rows, columns },
      LIMITS,
    ) as readonly Launch[];
  const names = (...call: Parameters<typeof launches>) => launches(...call).map(({ kernel }) => kernel.name);

  it("takes small windows at once, large ones axis by axis with the smaller rest in f32 between", () => {
    expect(names([1, 2], averages(9, 3, 2), averages(9, 3, 2))).toEqual(["resample2d_f16"]);
    const large = launches([1, 2], averages(40, 10, 10), averages(50, 20, 1));
    expect(large.map(({ kernel }) => kernel.name)).toEqual(["resample2dAxis_f16_f32", "resample2dAxis_f32_f16"]);
    expect(large[0]?.bindings[3]).toEqual({ scratchBytes: 2 * 4 * 50 * 4 });
    expect(large[1]?.bindings[0]).toBe(large[0]?.bindings[3]);
  });

  it("adds up planes by as many threads as they have terms for, large ones in parts", () => {
    // 16 threads a plane, 16 planes a block.
    expect(launches([2, 9], averages(7, 7, 7), averages(7, 7, 7)).map(({ grid }) => grid)).toEqual([2]);
    expect(launches([1, 3], averages(200, 200, 1), averages(300, 300, 1)).map(({ grid }) => grid)).toEqual([12, 1]);
  });

  it("has nothing to do for an empty batch", () => {
    expect(names([0, 3], averages(8, 2, 2), averages(8, 2, 2))).toEqual([]);
  });
});
