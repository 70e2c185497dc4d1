import { afterAll, beforeAll, expect, test } from "vitest";
import { bitsOf, blank, floats, type HostTensor, PlanRunner, randomFloats, worstError } from "../testing/run-plan";
import { batchNormTrain } from "./batchNormTrain";
import { batchNormTrainGrad } from "./batchNormTrainGrad";

const EPS = 1e-5;

let one: PlanRunner;
let two: PlanRunner;
beforeAll(async () => {
  [one, two] = await Promise.all([PlanRunner.open({ threads: 1 }), PlanRunner.open({ threads: 2 })]);
});
afterAll(() => {
  one.close();
  two.close();
});

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

function forward(runner: PlanRunner, { x, weight, bias }: BatchNorm): [y: HostTensor, mean: HostTensor, variance: HostTensor] {
  const outputs = [blank(x.shape), blank(weight.shape), blank(weight.shape)];
  const result = runner.run(batchNormTrain, { inputs: [x, weight, bias], outputs, attrs: { eps: EPS } });
  return result.outputs as [HostTensor, HostTensor, HostTensor];
}

type Gradients = [dx: HostTensor, dweight: HostTensor, dbias: HostTensor];

function backward(runner: PlanRunner, x: HostTensor, weight: HostTensor, moments: HostTensor[], dy: HostTensor): Gradients {
  const outputs = [blank(x.shape), blank(weight.shape), blank(weight.shape)];
  const result = runner.run(batchNormTrainGrad, { inputs: [x, weight, ...moments, dy], outputs, attrs: { eps: EPS } });
  return result.outputs as Gradients;
}

/** The channel of element i, and a sum by channel. */
function byChannel({ shape, data }: HostTensor) {
  const c = shape[1]!;
  const inner = shape.slice(2).reduce((a, b) => a * b, 1);
  const channelOf = (i: number) => Math.floor(i / inner) % c;
  const meanOf = (value: (x: number, i: number) => number) => {
    const sums = new Float64Array(c);
    data.forEach((x, i) => {
      sums[channelOf(i)] = sums[channelOf(i)]! + (value(x, i) * c) / data.length;
    });
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
];

const ulps = (count: number, magnitude: number) => count * 2 ** -24 * magnitude;

test.each(SHAPES)("y, mean and variance of [%i, %i, …] are those of f64", (...shape) => {
  const call = batch(shape);
  const [y, mean, variance] = forward(one, call);
  const wanted = reference(call);
  // x − mean and the moments are rounded once, the product and the sum with bias once each.
  expect(worstError(y.data, wanted.y, (value) => ulps(6, Math.abs(value) + 2))).toBeLessThanOrEqual(1);
  expect(worstError(mean.data, wanted.mean, (value) => ulps(2, Math.abs(value)) + 1e-9)).toBeLessThanOrEqual(1);
  expect(worstError(variance.data, wanted.variance, (value) => ulps(4, value))).toBeLessThanOrEqual(1);
});

test("a mean a thousand times the deviation costs nothing but the rounding of x", () => {
  const call = batch([4, 3, 19, 23], [1000, 1001]);
  const [y, mean, variance] = forward(one, call);
  const wanted = reference(call);
  expect(worstError(mean.data, wanted.mean, (value) => ulps(1, value))).toBeLessThanOrEqual(1);
  expect(worstError(variance.data, wanted.variance, (value) => ulps(8, value))).toBeLessThanOrEqual(1);
  expect(worstError(y.data, wanted.y, (value) => ulps(8, Math.abs(value) + 2))).toBeLessThanOrEqual(1);
});

test("a constant channel has no variance, and y is the bias", () => {
  const { weight, bias } = batch([3, 2, 5, 5]);
  const x = floats([3, 2, 5, 5], new Array(150).fill(0.1));
  const [y, mean, variance] = forward(one, { x, weight, bias });
  expect(Array.from(variance.data)).toEqual([0, 0]);
  expect(mean.data[0]).toBe(Math.fround(0.1));
  expect(y.data[0]).toBe(bias.data[0]);
});

test("NaN and ∞ spoil their own channel only", () => {
  const call = batch([2, 3, 4, 4]);
  call.x.data[3] = Number.NaN;
  call.x.data[20] = Number.POSITIVE_INFINITY;
  const [y, mean, variance] = forward(one, call);
  expect([...mean.data].map(Number.isFinite)).toEqual([false, false, true]);
  expect([...variance.data].map(Number.isFinite)).toEqual([false, false, true]);
  expect([...y.data].map(Number.isFinite)).toEqual(Array.from({ length: 96 }, (_, i) => Math.floor(i / 16) % 3 === 2));
});

test.each(SHAPES)("dx, dweight and dbias of [%i, %i, …] are those of f64", (...shape) => {
  const call = batch(shape);
  const [, mean, variance] = forward(one, call);
  const dy = randomFloats(shape, 4);
  const [dx, dweight, dbias] = backward(one, call.x, call.weight, [mean, variance], dy);
  const wanted = referenceGrad(call, dy);
  const { channelOf, m } = byChannel(call.x);
  const { mean: exactMean, variance: exactVariance } = reference(call);
  // The terms of dx are of the size weight / σ · |dy|, whatever is left of them; the mean is given rounded, by up to |mean| / σ
  // times 2⁻²⁴ of x̂.
  const bound = (i: number) => {
    const c = channelOf(i);
    const deviation = Math.sqrt(exactVariance[c]! + EPS);
    return ulps(6 + Math.abs(exactMean[c]!) / deviation, (2 * call.weight.data[c]!) / deviation);
  };
  expect(worstError(dx.data, wanted.dx, (_, i) => bound(i))).toBeLessThanOrEqual(1);
  expect(worstError(dweight.data, wanted.dweight, () => ulps(6, 2 * Math.sqrt(m)))).toBeLessThanOrEqual(1);
  expect(worstError(dbias.data, wanted.dbias, () => ulps(6, Math.sqrt(m)))).toBeLessThanOrEqual(1);
});

test("with two values a channel, dx is what little is left", () => {
  // torch.nn.functional.batch_norm in f64, PyTorch 1.13.1: goldens-sample/norm_train_two_values.
  const x = floats([2, 2, 1, 1], [0.36343473196029663, -0.3275797963142395, -0.6110231280326843, 1.8327771425247192]);
  const weight = floats([2], [1.4259123802185059, 0.8843317627906799]);
  const dy = floats([2, 2, 1, 1], [0.04130077362060547, -0.21024203300476074, 0.43489980697631836, 0.3199605941772461]);
  const [, mean, variance] = forward(one, { x, weight, bias: floats([2], [0, 0]) });
  const [dx] = backward(one, x, weight, [mean, variance], dy);
  const wanted = [-2.425996803150852e-5, -1.8600943389164524e-6, 2.425996803150852e-5, 1.8600943389164524e-6];
  expect(worstError(dx.data, wanted, () => 1e-7)).toBeLessThanOrEqual(1);
});

test("two threads give the same bits", () => {
  const call = batch([3, 37, 17, 19]);
  const dy = randomFloats(call.x.shape, 4);
  const outputs = [one, two].map((runner) => {
    const [y, mean, variance] = forward(runner, call);
    return bitsOf([y, mean, variance, ...backward(runner, call.x, call.weight, [mean, variance], dy)].map(({ data }) => data));
  });
  expect(outputs[1]).toBe(outputs[0]);
});

test("an empty batch has no work", () => {
  const [y] = forward(one, { x: floats([0, 2, 3], []), weight: floats([2], [1, 1]), bias: floats([2], [0, 0]) });
  expect(y.data.length).toBe(0);
});

test("a channel with an infinity has an infinite mean, not NaN", () => {
  const x = floats([2, 2, 1, 1], [Infinity, 1, 2, 3]);
  const [, mean, variance] = forward(one, { x, weight: floats([2], [1, 1]), bias: floats([2], [0, 0]) });
  expect([...mean.data]).toEqual([Infinity, 2]);
  expect([...variance.data]).toEqual([Number.NaN, 1]);
});
