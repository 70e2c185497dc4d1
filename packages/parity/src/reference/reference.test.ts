import {
  argmax,
  backward,
  batchNormTrain,
  conv2d,
  type Device,
  elu,
  erf,
  gather,
  gelu,
  hardswish,
  matmul,
  maximum,
  maxPool2dWindows,
  pad,
  pow,
  prod,
  reluGrad,
  requireGrad,
  setDevice,
  silu,
  softmax,
  sum,
  type Tensor,
  tensor,
  toDtype,
  topK,
  uniform,
  type Windows,
} from "@vertebra/core";
import { beforeAll, describe, expect, it } from "vitest";
import { erfc } from "./error-function";
import { openReference } from "./index";

const { NaN: NAN, POSITIVE_INFINITY: INF } = Number;
let device: Device;
beforeAll(() => {
  device = openReference();
  setDevice(device);
});

const values = async (x: Tensor): Promise<number[]> => [...(await x.data())];
const ints = (list: number[], shape: number[]) => tensor(Int32Array.from(list), { shape, dtype: "i32" });

describe("error function", () => {
  // Values to 16 digits from Abramowitz & Stegun, table 7.1, and Wolfram Alpha.
  it.each([
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.9, 0.9927904292352575],
    [2, 0.9953222650189527],
    [-0.1, -0.1124629160182849],
    [3, 0.9999779095030014],
  ])("erf(%d) is right to double precision", async (x, expected) => {
    const [actual] = await values(erf(tensor([x])));
    expect(Math.abs((actual as number) / expected - 1)).toBeLessThan(8e-16);
  });

  it("erfc keeps its relative precision in the tail", () => {
    expect(erfc(5) / 1.5374597944280349e-12 - 1).toBeCloseTo(0, 14);
    expect(erfc(2) / 4.677734981047266e-3 - 1).toBeCloseTo(0, 14);
  });
});

describe("elementwise rows at the edges", () => {
  it("pow follows C where JavaScript doesn't", async () => {
    expect(await values(pow(tensor([1, 1, -1, 0, -8]), tensor([NAN, INF, -INF, 0, 3])))).toEqual([1, 1, 1, 1, -512]);
  });

  it("maximum and relu's gradient pass NaN on", async () => {
    expect(await values(maximum(tensor([NAN, 1, 3]), tensor([2, NAN, -4])))).toEqual([NAN, NAN, 3]);
    expect(await values(reluGrad(tensor([NAN, 0, -1, 2]), tensor([5, 6, 7, 8])))).toEqual([5, 0, 0, 8]);
  });

  it("activations at −∞ are what PyTorch 1.13 gives", async () => {
    const low = tensor([-INF]);
    expect(await values(elu(low, { alpha: 2 }))).toEqual([-2]);
    for (const f of [silu, gelu, hardswish]) expect(await values(f(low))).toEqual([NAN]);
  });
});

describe("order and ties", () => {
  it("argmax takes the first of equals and the first NaN", async () => {
    const x = tensor([
      [1, 3, 3],
      [1, NAN, NAN],
    ]);
    expect(await values(argmax(x, { axis: 1 }))).toEqual([1, 1]);
  });

  it("topK counts NaN as largest and puts the lower index first", async () => {
    const { values: best, indices } = topK(tensor([2, 5, NAN, 5]), 3);
    expect(await values(best)).toEqual([NAN, 5, 5]);
    expect(await values(indices)).toEqual([2, 1, 3]);
    expect(await values(topK(tensor([2, 5, NAN, 2]), 4, { largest: false }).indices)).toEqual([0, 3, 1, 2]);
  });

  it("maxPool2d takes the first of equals and the last NaN", async () => {
    const two: Windows = { inputSize: 2, starts: Int32Array.of(0), counts: Int32Array.of(2), step: 1 };
    const pool = (list: number[]) => maxPool2dWindows(tensor(list, { shape: [1, 1, 2, 2] }), two, two);
    expect(await values(pool([-7, -7, -9, -8]).indices)).toEqual([0]);
    expect(await values(pool([NAN, 1, NAN, 2]).indices)).toEqual([2]);
    expect(await values(pool([-INF, -INF, -INF, -INF]).indices)).toEqual([0]);
  });
});

describe("sums, products and moves", () => {
  it("conv2d with asymmetric padding, stride and groups is the sum written out", async () => {
    // Two channels, two groups; row [1, 2, 3] padded to [0, 1, 2, 3] and read at 0 and 2 by [1, 10].
    const x = tensor([[[[1, 2, 3]], [[4, 5, 6]]]]);
    const weight = tensor([[[[1, 10]]], [[[2, 1]]]]);
    const y = conv2d(x, weight, tensor([100, 0]), { stride: [1, 2], padding: [0, 0, 1, 0], groups: 2 });
    expect(y.shape).toEqual([1, 2, 1, 2]);
    expect(await values(y)).toEqual([110, 132, 4, 16]);
  });

  it("matmul transposes and broadcasts batches", async () => {
    const a = tensor([[[1, 2]], [[3, 4]]]);
    const b = tensor([
      [5, 6],
      [7, 8],
    ]);
    expect(await values(matmul(a, b))).toEqual([19, 22, 43, 50]);
    expect(await values(matmul(a, b, { transB: true }))).toEqual([17, 23, 39, 53]);
    expect(await values(matmul(b, b, { transA: true }))).toEqual([74, 86, 86, 100]);
  });

  it("prod's gradient is right where a factor is 0", async () => {
    const x = requireGrad(tensor([2, 0, 3]));
    expect(await values(backward(prod(x)).get(x) as Tensor)).toEqual([0, 6, 0]);
  });

  it("batch norm divides by the biased variance", async () => {
    const { y, mean, variance } = batchNormTrain(tensor([[1], [3]]), tensor([2]), tensor([10]), 3);
    expect([...(await values(mean)), ...(await values(variance))]).toEqual([2, 1]);
    expect(await values(y)).toEqual([9, 11]);
  });

  it("pad reflects without the edge and replicates with it", async () => {
    const x = tensor([1, 2, 3]);
    expect(await values(pad(x, [2], [1], { mode: "reflect" }))).toEqual([3, 2, 1, 2, 3, 2]);
    expect(await values(pad(x, [2], [1], { mode: "replicate" }))).toEqual([1, 1, 1, 2, 3, 3]);
    expect(await values(pad(x, [1], [0], { value: -INF }))).toEqual([-INF, 1, 2, 3]);
  });

  it("sum over an empty axis is 0 and over none is the tensor", async () => {
    expect(await values(sum(tensor([], { shape: [2, 0] }), { axes: 1 }))).toEqual([0, 0]);
    expect(await values(sum(tensor([1, 2]), { axes: [] }))).toEqual([1, 2]);
  });

  it("softmax survives large values and gives NaN for a line of −∞", async () => {
    const x = tensor([
      [1000, 1000],
      [-INF, -INF],
    ]);
    expect(await values(softmax(x))).toEqual([0.5, 0.5, NAN, NAN]);
  });

  it("gather refuses an index out of range", () => {
    expect(() => gather(tensor([1, 2]), ints([2], [1]), 0)).toThrow("gather: indices must be in [0, 2), got 2");
  });
});

describe("storage", () => {
  it("rounds to the dtype when stored", async () => {
    const x = tensor([1.0009765625 + 2 ** -12, -2.9, 300, 0]);
    expect(await values(toDtype(x, "f16"))).toEqual([1.0009765625, Math.fround(-2.900390625), 300, 0]);
    expect(await values(toDtype(x, "i32"))).toEqual([1, -2, 300, 0]);
    expect(await values(toDtype(x, "bool"))).toEqual([1, 1, 1, 0]);
    expect(await values(toDtype(tensor([0.1]), "f32"))).toEqual([Math.fround(0.1)]);
  });

  it("uniform is Philox4x32-10 and moves the counter on", async () => {
    // Random123's known answer for counter 0, key 0: 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
    const state = ints([0, 0, 0, 0], [4]);
    const y = uniform(state, { shape: [5], dtype: "f64" });
    const words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];
    expect((await values(y)).slice(0, 4)).toEqual(words.map((word) => (word >>> 8) / 2 ** 24));
    expect(await values(state)).toEqual([0, 0, 0, 2]);
  });

  it("counts its memory", () => {
    const own = openReference();
    const x = tensor([1, 2, 3], { device: own });
    expect(own.memory()).toEqual({ bytesInUse: 24, peakBytes: 24, buffers: 1 });
    x.dispose();
    expect(own.memory()).toEqual({ bytesInUse: 0, peakBytes: 24, buffers: 0 });
  });
});
