import { type KernelTable, type WeightedWindows, weightedWindows } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { narrowDevice } from "../testing/narrow-device";
import { openForTests } from "../testing/open-device";
import { openRawForTests } from "../testing/raw-device";
import { blank, blankInts, type HostTensor, type KernelCall, randomFloats, runKernel } from "../testing/run-kernel";

const { gpu, reason } = await openRawForTests();
const { device } = await openForTests();
const narrow = gpu && narrowDevice(gpu, 3);

const averages = (inputSize: number, kernel: number): WeightedWindows =>
  weightedWindows(
    inputSize,
    Array.from({ length: inputSize - kernel + 1 }, (_, start) => ({ start, weights: Array<number>(kernel).fill(1 / kernel) })),
  );

const batch = randomFloats([3, 70, 9, 11], 1);
const channel = (seed: number): HostTensor => randomFloats([70], seed, [0.5, 1.5]);
const moments = [channel(2), channel(3)];
const norm = { attrs: { eps: 1e-5 }, outputs: [blank(batch.shape), blank([70]), blank([70])] };
const windows = { rows: averages(9, 3), columns: averages(11, 3) };
const pooled = [3, 70, 7, 9];
const parameters = [randomFloats([4001], 1), randomFloats([4001], 2), randomFloats([4], 3)];

type Call = {
  readonly [K in keyof KernelTable]: { readonly op: K; readonly call: KernelCall<KernelTable[K]> };
}[keyof KernelTable];

const CALLS: readonly Call[] = [
  { op: "scaleShift", call: { inputs: [batch, ...moments], outputs: [blank(batch.shape)], attrs: {} } },
  { op: "batchNormTrain", call: { inputs: [batch, ...moments], ...norm } },
  { op: "batchNormTrainGrad", call: { inputs: [batch, channel(4), ...moments, randomFloats(batch.shape, 5)], ...norm } },
  { op: "sgdStep", call: { inputs: parameters, attrs: { nesterov: false, maximize: false } } },
  {
    op: "uniform",
    call: {
      inputs: [{ shape: [4], data: Int32Array.of(1, 2, 3, 4) }],
      outputs: [blank([4001])],
      attrs: { shape: [4001], dtype: "f32" },
    },
  },
  { op: "maxPool2d", call: { inputs: [batch], outputs: [blank(pooled), blankInts(pooled)], attrs: windows } },
  { op: "resample2d", call: { inputs: [batch], outputs: [blank(pooled)], attrs: windows } },
  {
    op: "resample2d",
    call: { inputs: [batch], outputs: [blank([3, 70, 1, 9])], attrs: { rows: averages(9, 9), columns: averages(11, 3) } },
  },
  {
    op: "resample2d",
    call: { inputs: [batch], outputs: [blank([3, 70, 1, 1])], attrs: { rows: averages(9, 9), columns: averages(11, 11) } },
  },
];

describe.skipIf(!narrow || !device)(`grids of several lines (${reason ?? "on the device under test"})`, () => {
  afterAll(() => Promise.all([device?.close(), narrow?.close()]));

  test.each(CALLS)("$op has the bits that one line gives", async ({ op, call }) => {
    const [wide, lines] = await Promise.all([device!, narrow!].map((where) => runKernel(where, op, call as never)));
    expect(lines).toEqual(wide);
  });
});
