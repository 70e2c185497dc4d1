import { batchNormTrain, batchNormTrainGrad, type Device, Philox, type Shape, type Tensor, tensor } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { afterAll, describe, expect, test } from "vitest";
import { openForTests } from "../testing/open-device";

const { device, reason } = await openForTests();
const EPS = 1e-5;
/** Of 2⁻²⁴. */
const ulps = (count: number, magnitude: number) => count * 2 ** -24 * magnitude;

/** Planes of every remainder by four, groups of every size, several parts a channel, threads without work. */
const SHAPES: readonly Shape[] = [
  [2, 1],
  [2, 5, 1, 1],
  [64, 33],
  [3, 4, 2],
  [4, 3, 7, 7],
  [2, 6, 5, 13],
  [1, 2, 65],
  [2, 3, 37, 41],
  [3, 2, 90, 91],
  [2, 1, 128, 160],
  [2, 7001],
  [9, 2, 50, 83],
];

interface Batch {
  readonly shape: Shape;
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

const floats = (count: number, seed: number, from = -1, to = 1): Float32Array =>
  Float32Array.from(new Philox(seed).uniformArray(count), (value) => from + (to - from) * value);

const batch = (shape: Shape, from = -1, to = 2): Batch => ({
  shape,
  x: floats(product(shape), 1, from, to),
  weight: floats(shape[1] as number, 2, 0.5, 1.5),
  bias: floats(shape[1] as number, 3),
});

describe.skipIf(!device)(`batch norm on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  const place = (data: Float32Array, shape: Shape = [data.length]): Tensor => tensor(data, { shape, device: device as Device });
  const dataOf = async (...tensors: Tensor[]) => Promise.all(tensors.map(async (t) => (await t.data()) as Float32Array));

  async function forward({ shape, x, weight, bias }: Batch) {
    const { y, mean, variance } = batchNormTrain(place(x, shape), place(weight), place(bias), EPS);
    return (await dataOf(y, mean, variance)) as [Float32Array, Float32Array, Float32Array];
  }

  test.each(SHAPES)("y, mean and variance of [%i, %i, …] are those of f64", async (...shape) => {
    const call = batch(shape);
    const [y, mean, variance] = await forward(call);
    const wanted = reference(call);
    expectClose(y, wanted.y, (value) => ulps(8, Math.abs(value) + 2));
    expectClose(mean, wanted.mean, (value) => ulps(6, Math.abs(value) + 1));
    expectClose(variance, wanted.variance, (value) => ulps(8, value));
  });

  test.each([[[4, 3, 19, 23]], [[3, 2, 90, 92]]])(
    "a mean a thousand times the deviation costs %j nothing but the rounding of x",
    async (shape) => {
      const call = batch(shape, 1000, 1001);
      const [y, mean, variance] = await forward(call);
      const wanted = reference(call);
      expectClose(mean, wanted.mean, (value) => ulps(1.1, value));
      expectClose(variance, wanted.variance, (value) => ulps(8, value));
      expectClose(y, wanted.y, (value) => ulps(8, Math.abs(value) + 2));
    },
  );

  test("a first element far away from all others costs no more than its distance", async () => {
    const call = batch([2, 1, 128, 160], 0, 1);
    call.x[0] = 1e4;
    const [, mean, variance] = await forward(call);
    const wanted = reference(call);
    expectClose(mean, wanted.mean, () => ulps(2, 1e4));
    expectClose(variance, wanted.variance, (value) => ulps(16, value));
  });

  test("a constant channel has no variance, and y is the bias", async () => {
    const call = { ...batch([3, 2, 5, 5]), x: new Float32Array(150).fill(0.1) };
    const [y, mean, variance] = await forward(call);
    expect([...variance]).toEqual([0, 0]);
    expect([mean[0], y[0]]).toEqual([Math.fround(0.1), call.bias[0]]);
  });

  test("NaN and ∞ spoil their own channel only", async () => {
    const call = batch([2, 3, 5, 3]);
    call.x[14] = Number.NaN;
    call.x[20] = Number.POSITIVE_INFINITY;
    const [y, mean, variance] = await forward(call);
    expect([...mean].map(Number.isFinite)).toEqual([false, false, true]);
    expect([...variance].map(Number.isFinite)).toEqual([false, false, true]);
    expect([...y].every((value, i) => Number.isFinite(value) === (Math.floor(i / 15) % 3 === 2))).toBe(true);
  });

  test.each(SHAPES)("the gradients of [%i, %i, …] are those of f64", async (...shape) => {
    const call = batch(shape);
    const dy = floats(product(shape), 5);
    const { mean, variance, xHat, channelOf, m } = reference(call);
    const moments = [mean, variance].map((values) => place(Float32Array.from(values)));
    const inputs = [place(call.x, shape), place(call.weight), ...moments] as [Tensor, Tensor, Tensor, Tensor];
    const [dx, dweight, dbias] = (await dataOf(...batchNormTrainGrad(...inputs, place(dy, shape), { eps: EPS }))) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const ofDy = meansOf(call, (i) => dy[i] as number);
    const ofProducts = meansOf(call, (i) => (dy[i] as number) * (xHat[i] as number));
    const deviation = (c: number) => Math.sqrt((variance[c] as number) + EPS);
    const scale = (i: number) => (call.weight[channelOf(i)] as number) / deviation(channelOf(i));
    const wanted = Float64Array.from(
      dy,
      (gradient, i) =>
        scale(i) * (gradient - (ofDy[channelOf(i)] as number) - (xHat[i] as number) * (ofProducts[channelOf(i)] as number)),
    );
    // The terms of dx are of the size weight / σ · |dy|, whatever is left of them; the mean is given rounded, by up to |mean| / σ
    // times 2⁻²⁴ of x̂.
    const drift = (c: number) => 12 + Math.abs(mean[c] as number) / deviation(c);
    expectClose(dx, wanted, (_, i) => ulps(drift(channelOf(i)), 2 * scale(i)));
    expectClose(
      dweight,
      ofProducts.map((value) => value * m),
      (_, c) => ulps(drift(c), 2 * Math.sqrt(m)),
    );
    expectClose(
      dbias,
      ofDy.map((value) => value * m),
      () => ulps(12, Math.sqrt(m)),
    );
  });
});

function channelsOf({ shape }: Batch) {
  const c = shape[1] as number;
  const inner = product(shape.slice(2));
  return { c, m: product(shape) / c, channelOf: (i: number) => Math.floor(i / inner) % c };
}

/** By channel. */
function meansOf(call: Batch, value: (i: number) => number): Float64Array {
  const { c, m, channelOf } = channelsOf(call);
  const sums = new Float64Array(c);
  for (let i = 0; i < call.x.length; i++) sums[channelOf(i)] = (sums[channelOf(i)] as number) + value(i);
  return sums.map((sum) => sum / m);
}

/** Ioffe & Szegedy 2015, algorithm 1, in f64. */
function reference(call: Batch) {
  const { x, weight, bias } = call;
  const { m, channelOf } = channelsOf(call);
  const mean = meansOf(call, (i) => x[i] as number);
  const variance = meansOf(call, (i) => ((x[i] as number) - (mean[channelOf(i)] as number)) ** 2);
  const xHat = Float64Array.from(
    x,
    (value, i) => (value - (mean[channelOf(i)] as number)) / Math.sqrt((variance[channelOf(i)] as number) + EPS),
  );
  const y = xHat.map((value, i) => value * (weight[channelOf(i)] as number) + (bias[channelOf(i)] as number));
  return { mean, variance, xHat, y, m, channelOf };
}

function expectClose(got: Float32Array, wanted: Float64Array, bound: (value: number, i: number) => number): void {
  const wrong = [...wanted].flatMap((value, i) =>
    Math.abs((got[i] as number) - value) <= bound(value, i) + Number.MIN_VALUE ? [] : [[i, got[i], value]],
  );
  expect([got.length, wrong.slice(0, 3)]).toEqual([wanted.length, []]);
}
