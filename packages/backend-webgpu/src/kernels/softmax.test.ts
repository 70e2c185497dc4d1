import { type Device, logSoftmax, type Shape, softmax, tensor } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { afterAll, describe, expect, it } from "vitest";
import { termsOf } from "../../../../tests/on-device/reductions";
import { openForTests } from "../testing/open-device";
import { randomFloats, worstError } from "../testing/run-kernel";

const { device, reason } = await openForTests();

/** Lines of every number of lanes, side by side and one after the other, and one longer than a lane's block of terms. */
const LINES: readonly (readonly [shape: Shape, axis: number])[] = [
  [[300, 10], 1],
  [[40, 100], 1],
  [[5, 1000], 1],
  [[2, 5003], 1],
  [[2, 21, 5, 7], 1],
  [[1, 300, 4], 1],
  [[3, 2600, 40], 1],
];

describe.skipIf(!device)(`softmax on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  // WGSL's exp is within 3 + 2 · |x| ULP and its log within 3 ULP; |x| ≤ 16.
  it.each(LINES)("of %j along axis %i and its logarithm are those of f64", async (shape, axis) => {
    const values = randomFloats(shape, 7, [-8, 8]).data;
    const x = tensor(values as Float32Array, { shape, device: device as Device });
    const lists = termsOf(values, shape, [axis]);
    const logs = lists.map((line) => Math.log(line.reduce((total, value) => total + Math.exp(value), 0)));
    const ofLine = termsOf(
      Array.from({ length: product(shape) }, (_, i) => i),
      shape,
      [axis],
    );
    const wanted = new Float64Array(values.length);
    for (const [line, list] of ofLine.entries()) for (const i of list) wanted[i] = (values[i] as number) - (logs[line] as number);
    const bound = (value: number) => 2 ** -18 * Math.abs(value) + 2 ** -126;
    expect(worstError((await softmax(x, axis).data()) as Float32Array, wanted.map(Math.exp), bound)).toBeLessThanOrEqual(1);
    expect(worstError((await logSoftmax(x, axis).data()) as Float32Array, wanted, () => 2 ** -18)).toBeLessThanOrEqual(1);
  });
});
