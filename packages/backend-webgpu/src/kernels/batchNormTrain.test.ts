import type { Device } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { openForTests } from "../testing/open-device";
import { blank, floats, type HostTensor, operandOf, PORTABLE, randomFloats, runKernel, worstError } from "../testing/run-kernel";
import { batchNormTrain } from "./batchNormTrain";
import { batchNormTrainGrad } from "./batchNormTrainGrad";

const { device, reason } = await openForTests();
const EPS = 1e-5;
const attrs = { eps: EPS };

interface BatchNorm {
  readonly x: HostTensor;
  readonly weight: HostTensor;
  readonly bias: HostTensor;
}

const batch = (shape: readonly number[], interval: readonly [number, number] = [-1, 2]): BatchNorm => ({
  x: randomFloats(shape, 1, interval),
  weight: randomFloats([shape[1]!], 2, [0.5, 1.5]),
  bias: randomFloats([shape[1]!], 3),
});

/** The channel of element i, and a mean by channel. */
function byChannel({ shape, data }: HostTensor) {
  const c = shape[1]!;
  const inner = shape.slice(2).reduce((a, b) => a * b, 1);
  const channelOf = (i: number) => Math.floor(i / inner) % c;
  const meanOf = (value: (x: number, i: number) => number) => {
    const sums = new Float64Array(c);
    for (let i = 0; i < data.length; i++) sums[channelOf(i)] = sums[channelOf(i)]! + (value(data[i]!, i) * c) / data.length;
    return sums;
  };
  return { channelOf, meanOf, m: data.length / c };
}

/** Ioffe & Szegedy 2015, algorithm 1, in f64. */
function reference({ x, weight, bias }: BatchNorm) {
  const { channelOf, meanOf } = byChannel(x);
  const mean = meanOf((value) => value);
  const variance = meanOf((value, i) => (value - mean[channelOf(i)]!) ** 2);
  const xHat = Array.from(x.data, (value, i) => (value - mean[channelOf(i)]!) / Math.sqrt(variance[channelOf(i)]! + EPS));
  const y = xHat.map((value, i) => value * weight.data[channelOf(i)]! + bias.data[channelOf(i)]!);
  return { mean, variance, xHat, y };
}

function referenceGrad(call: BatchNorm, dy: HostTensor) {
  const { channelOf, meanOf, m } = byChannel(call.x);
  const { variance, xHat } = reference(call);
  const dyMean = meanOf((_, i) => dy.data[i]!);
  const dotMean = meanOf((_, i) => dy.data[i]! * xHat[i]!);
  const dx = Array.from(dy.data, (g, i) => {
    const c = channelOf(i);
    return (call.weight.data[c]! / Math.sqrt(variance[c]! + EPS)) * (g - dyMean[c]! - xHat[i]! * dotMean[c]!);
  });
  return { dx, dweight: dotMean.map((value) => value * m), dbias: dyMean.map((value) => value * m) };
}

/** Planes of every remainder by four, several parts a channel, invocations without work. */
const SHAPES = [
  [2, 1],
  [2, 5, 1, 1],
  [64, 33],
  [3, 4, 2],
  [4, 3, 7, 7],
  [2, 6, 5, 13],
  [1, 2, 65],
  [5, 2, 3, 4, 5],
  [2, 3, 37, 41],
  [3, 2, 90, 91],
  [2, 1, 128, 160],
  [2, 7001],
];

const ulps = (count: number, magnitude: number) => count * 2 ** -24 * magnitude;

describe.skipIf(!device)(`batch norm on ${device?.adapter ?? reason}`, () => {
  const own = device as Device;
  afterAll(() => device?.close());

  async function forward({ x, weight, bias }: BatchNorm): Promise<[y: HostTensor, mean: HostTensor, variance: HostTensor]> {
    const outputs = [blank(x.shape), blank(weight.shape), blank(weight.shape)];
    const result = await runKernel(own, "batchNormTrain", { inputs: [x, weight, bias], outputs, attrs });
    return result.outputs as [HostTensor, HostTensor, HostTensor];
  }

  type Gradients = [dx: HostTensor, dweight: HostTensor, dbias: HostTensor];

  async function backward(x: HostTensor, weight: HostTensor, moments: HostTensor[], dy: HostTensor): Promise<Gradients> {
    const outputs = [blank(x.shape), blank(weight.shape), blank(weight.shape)];
    const result = await runKernel(own, "batchNormTrainGrad", { inputs: [x, weight, ...moments, dy], outputs, attrs });
    return result.outputs as Gradients;
  }

  test.each(SHAPES)("y, mean and variance of [%i, %i, …] are those of f64", async (...shape) => {
    const call = batch(shape);
    const [y, mean, variance] = await forward(call);
    const wanted = reference(call);
    // WGSL lets a quotient or a root be off by a few units.
    expect(worstError(y.data, wanted.y, (value) => ulps(8, Math.abs(value) + 2))).toBeLessThanOrEqual(1);
    expect(worstError(mean.data, wanted.mean, (value) => ulps(6, Math.abs(value) + 1))).toBeLessThanOrEqual(1);
    expect(worstError(variance.data, wanted.variance, (value) => ulps(8, value))).toBeLessThanOrEqual(1);
  });

  test.each([
    [4, 3, 19, 23],
    [3, 2, 90, 92],
  ])("a mean a thousand times the deviation costs [%i, %i, %i, %i] nothing but the rounding of x", async (...shape) => {
    const call = batch(shape, [1000, 1001]);
    const [y, mean, variance] = await forward(call);
    const wanted = reference(call);
    expect(worstError(mean.data, wanted.mean, (value) => ulps(1.1, value))).toBeLessThanOrEqual(1);
    expect(worstError(variance.data, wanted.variance, (value) => ulps(8, value))).toBeLessThanOrEqual(1);
    expect(worstError(y.data, wanted.y, (value) => ulps(8, Math.abs(value) + 2))).toBeLessThanOrEqual(1);
  });

  test("a first element far away from all others costs no more than its distance", async () => {
    const call = batch([2, 1, 128, 160], [0, 1]);
    call.x.data[0] = 1e4;
    const [, mean, variance] = await forward(call);
    const wanted = reference(call);
    expect(worstError(mean.data, wanted.mean, () => ulps(2, 1e4))).toBeLessThanOrEqual(1);
    expect(worstError(variance.data, wanted.variance, (value) => ulps(16, value))).toBeLessThanOrEqual(1);
  });

  test("a constant channel has no variance, and y is the bias", async () => {
    const { weight, bias } = batch([3, 2, 5, 5]);
    const x = floats([3, 2, 5, 5], new Array(150).fill(0.1));
    const [y, mean, variance] = await forward({ x, weight, bias });
    expect(Array.from(variance.data)).toEqual([0, 0]);
    expect(mean.data[0]).toBe(Math.fround(0.1));
    expect(y.data[0]).toBe(bias.data[0]);
  });

  test("NaN and ∞ spoil their own channel only", async () => {
    const call = batch([2, 3, 5, 3]);
    call.x.data[14] = Number.NaN;
    call.x.data[20] = Number.POSITIVE_INFINITY;
    const [y, mean, variance] = await forward(call);
    expect(Number.isFinite(mean.data[2])).toBe(true);
    expect(Number.isFinite(variance.data[2])).toBe(true);
    const [dx, dweight, dbias] = await backward(call.x, call.weight, [mean, variance], randomFloats(call.x.shape, 4));
    expect(Number.isFinite(dweight.data[2]) && Number.isFinite(dbias.data[2])).toBe(true);
    const isOfThird = (_: number, i: number) => Math.floor(i / 15) % 3 === 2;
    expect([...y.data].filter(isOfThird).every(Number.isFinite)).toBe(true);
    expect([...dx.data].filter(isOfThird).every(Number.isFinite)).toBe(true);
  });

  test.each(SHAPES)("dx, dweight and dbias of [%i, %i, …] are those of f64", async (...shape) => {
    const call = batch(shape);
    const dy = randomFloats(shape, 4);
    const { channelOf, m } = byChannel(call.x);
    const { mean, variance } = reference(call);
    const moments = [floats([shape[1]!], mean), floats([shape[1]!], variance)];
    const [dx, dweight, dbias] = await backward(call.x, call.weight, moments, dy);
    const wanted = referenceGrad(call, dy);
    // The terms of dx are of the size weight / σ · |dy|, whatever is left of them; the mean is given rounded, by up to |mean| / σ
    // times 2⁻²⁴ of x̂.
    const deviation = (c: number) => Math.sqrt(variance[c]! + EPS);
    const drift = (c: number) => 12 + Math.abs(mean[c]!) / deviation(c);
    const bound = (i: number) => ulps(drift(channelOf(i)), (2 * call.weight.data[channelOf(i)]!) / deviation(channelOf(i)));
    expect(worstError(dx.data, wanted.dx, (_, i) => bound(i))).toBeLessThanOrEqual(1);
    expect(worstError(dweight.data, wanted.dweight, (_, c) => ulps(drift(c), 2 * Math.sqrt(m)))).toBeLessThanOrEqual(1);
    expect(worstError(dbias.data, wanted.dbias, () => ulps(12, Math.sqrt(m)))).toBeLessThanOrEqual(1);
  });

  test("with two values a channel, dx is what little is left", async () => {
    // torch.nn.functional.batch_norm in f64, PyTorch 1.13.1: goldens-sample/norm_train_two_values.
    const x = floats([2, 2, 1, 1], [0.36343473196029663, -0.3275797963142395, -0.6110231280326843, 1.8327771425247192]);
    const weight = floats([2], [1.4259123802185059, 0.8843317627906799]);
    const dy = floats([2, 2, 1, 1], [0.04130077362060547, -0.21024203300476074, 0.43489980697631836, 0.3199605941772461]);
    const [, mean, variance] = await forward({ x, weight, bias: floats([2], [0, 0]) });
    const [dx] = await backward(x, weight, [mean, variance], dy);
    const wanted = [-2.425996803150852e-5, -1.8600943389164524e-6, 2.425996803150852e-5, 1.8600943389164524e-6];
    expect(worstError(dx.data, wanted, () => 4e-7)).toBeLessThanOrEqual(1);
  });

  test("the same values give the same bits again", async () => {
    const call = batch([3, 5, 67, 69]);
    const [first, second] = [await forward(call), await forward(call)];
    expect(second.map(({ data }) => data)).toEqual(first.map(({ data }) => data));
  });
});

describe("the plans", () => {
  test("split a channel in parts of 65536 floats, and go on to a second line of workgroups past the limit", () => {
    const x = operandOf([32, 3, 112, 112]);
    const [c, y] = [operandOf([3]), operandOf([32, 3, 112, 112])];
    const limits = { ...PORTABLE, maxComputeWorkgroupsPerDimension: 16 };
    const grids = [
      batchNormTrain([x, c, c], [y, c, c], attrs, limits),
      batchNormTrainGrad([x, c, c, c, x], [y, c, c], attrs, limits),
    ];
    // 32 · 112 · 112 / 4 quads a channel, 4096 a part: 25 parts.
    for (const steps of grids)
      expect(steps.slice(0, 2).map((step) => "grid" in step && step.grid)).toEqual([
        [15, 5, 1],
        [1, 1, 1],
      ]);
  });

  test("of an empty batch have no work", () => {
    const [x, c] = [operandOf([0, 2, 3]), operandOf([2])];
    expect(batchNormTrain([x, c, c], [x, c, c], attrs, PORTABLE)).toEqual([]);
    expect(batchNormTrainGrad([x, c, c, c, x], [x, c, c], attrs, PORTABLE)).toEqual([]);
  });
});
