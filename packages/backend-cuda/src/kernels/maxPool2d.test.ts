import { type Device, maxPool2dWindows, tensor, type Windows } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import { openForTests } from "../testing/open-device";

const { device, reason } = await openForTests();

/** Two windows of `size / 2`. */
const halves = (size: number): Windows => ({
  inputSize: size,
  starts: Int32Array.of(0, size / 2),
  counts: Int32Array.of(size / 2, size / 2),
  step: 1,
});

describe.skipIf(!device)(`maxPool2d on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  it.each(["f32", "f16", "bf16"] as const)(
    "of %s finds the first of the largest, the last NaN, and −∞ where there is nothing else",
    async (dtype) => {
      const [nan, least] = [Number.NaN, Number.NEGATIVE_INFINITY];
      const x = [
        [1, 3, nan, 5],
        [3, 2, 7, nan],
        [least, least, -4, -2],
        [least, least, -2, -3],
      ];
      const { y, indices } = maxPool2dWindows(
        tensor(Float32Array.from(x.flat()), { shape: [1, 1, 4, 4], dtype, device: device as Device }),
        halves(4),
        halves(4),
      );
      expect([...(await y.data())]).toEqual([3, nan, least, -2]);
      expect([...(await indices.data())]).toEqual([1, 7, 8, 11]);
    },
  );
});
