import { type Device, type Shape, type Tensor, tensor, topK } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import type { Opened } from "./opened";
import { smallInts, termsOf } from "./reductions";

interface Asked {
  readonly k: number;
  readonly axis: number;
  readonly largest: boolean;
}

/** Values and indices, against a sort of each line. */
export function testTopK({ device, reason }: Opened): void {
  describe.skipIf(!device).each([true, false])(`topK on ${device?.adapter ?? reason}, largest %s`, (largest) => {
    afterAll(() => (largest ? undefined : device?.close()));

    it.each([
      [[1], 0, 1],
      [[65], 0, 65],
      [[300, 10], 1, 5],
      [[8, 10], 0, 3],
      [[70, 17], 1, 17],
      [[3, 7, 50], 1, 7],
      [[2, 130, 40], 1, 6],
      [[2, 3, 4], 2, 0],
      [[1, 1000], 1, 5],
      [[2, 5000], 1, 5],
      [[40, 3], 0, 9],
    ] as const)("sorts %j along axis %i, k = %i, with equals and without", async (shape, axis, k) => {
      const equals = Float32Array.from(smallInts(shape));
      await check(device, equals, shape, { k, axis, largest });
      await check(
        device,
        equals.map((value, i) => value + ((i * 7919) % 9973) / 9973),
        shape,
        { k, axis, largest },
      );
    });

    it("orders NaN, infinities and zeros", async () => {
      const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
      await check(device, Float32Array.of(0, nan, -0, inf, -1, -inf, nan, 1e-30, -1e-30, inf, 0, -0), [12], {
        k: 12,
        axis: 0,
        largest,
      });
    });
  });
}

async function check(device: Device | undefined, x: Float32Array, shape: Shape, asked: Asked) {
  const { k, axis, largest } = asked;
  const { values, indices } = topK(tensor(x, { shape, device: device as Device }), k, { axis, largest });
  const lists = termsOf(x, shape, [axis]);
  const wanted = lists.map((list) => reference(list, asked));
  expect(await linesOf(indices, axis)).toEqual(wanted);
  expect(await linesOf(values, axis)).toEqual(wanted.map((row, i) => row.map((at) => lists[i]?.[at])));
}

const linesOf = async (x: Tensor, axis: number) => termsOf([...(await x.data())].map(Number), x.shape, [axis]);

/** Indices of the k best of a list, NaN above all, of equals the lower one first. */
function reference(list: readonly number[], { k, largest }: Asked): number[] {
  const order = (value: number) => (Number.isNaN(value) ? 1 : 0);
  const compare = (a: number, b: number) => order(a) - order(b) || (a < b ? -1 : Number(a > b));
  const at = (i: number) => list[i] as number;
  const indices = [...list.keys()];
  return indices.sort((i, j) => (largest ? -1 : 1) * compare(at(i), at(j)) || i - j).slice(0, k);
}
