import { type Device, logSoftmax, Philox, type Shape, softmax, tensor } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { afterAll, describe, expect, it } from "vitest";
import { termsOf } from "../../../../tests/on-device/reductions";
import { openForTests } from "../testing/open-device";

const { device, reason } = await openForTests();

/** Lines of every number of lanes, side by side and one after the other, and one longer than a lane's block of terms. */
const LINES: readonly (readonly [shape: Shape, axis: number])[] = [
  [[300, 10], 1],
  [[40, 100], 1],
  [[9, 400], 1],
  [[5, 1000], 1],
  [[2, 5003], 1],
  [[2, 21, 5, 7], 1],
  [[1, 300, 4], 1],
  [[3, 2600, 40], 1],
  [[1, 70_001], 1],
];

/** Relative error of CUDA's expf and logf, 2 ULP, of x − max with |x| ≤ 8 and of the sum. */
const RELATIVE = 2 ** -19;

describe.skipIf(!device)(`softmax on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  it.each(LINES)("of %j along axis %i and its logarithm are those of f64", async (shape, axis) => {
    const values = new Philox(7).uniformArray(product(shape)).map((value) => 16 * value - 8);
    const x = tensor(values, { shape, device: device as Device });
    const logs = termsOf(values, shape, [axis]).map((line) =>
      Math.log(line.reduce((total, value) => total + Math.exp(value), 0)),
    );
    const wanted = new Float64Array(values.length);
    for (const [line, indices] of termsOf([...values.keys()], shape, [axis]).entries()) {
      for (const i of indices) wanted[i] = (values[i] as number) - (logs[line] as number);
    }
    const [y, logY] = [await softmax(x, axis).data(), await logSoftmax(x, axis).data()];
    const wrong = [...wanted].filter((log, i) => {
      const [value, logValue] = [Number(y[i]), Number(logY[i])];
      return !(Math.abs(value - Math.exp(log)) <= RELATIVE * Math.exp(log) && Math.abs(logValue - log) <= RELATIVE);
    });
    expect(wrong).toEqual([]);
  });
});
