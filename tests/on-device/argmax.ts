import { argmax, type Device, type Shape, type Tensor, tensor } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import type { Opened } from "./opened";
import { REDUCTIONS, smallInts, termsOf } from "./reductions";

const LINES = REDUCTIONS.filter(([shape]) => shape.length < 5).flatMap(([shape]) =>
  [...shape.keys()].map((axis) => [shape, axis] as const),
);

/** The first of the largest, NaN, zeros and parts. */
export function testArgmax({ device, reason }: Opened): void {
  describe.skipIf(!device)(`argmax on ${device?.adapter ?? reason}`, () => {
    const own = { device: device as Device };
    afterAll(() => device?.close());

    const floats = (values: ArrayLike<number>, shape: Shape) => tensor(Float32Array.from(values), { shape, ...own });
    const list = async (x: Tensor) => [...(await x.data())].map(Number);

    it.each(LINES)("finds the first of the largest, f32 and i32 %j along axis %i", async (shape, axis) => {
      const values = smallInts(shape);
      const wanted = termsOf(values, shape, [axis]).map((line) => line.indexOf(Math.max(...line)));
      expect(await list(argmax(tensor(values, { shape, dtype: "i32", ...own }), { axis }))).toEqual(wanted);
      expect(await list(argmax(floats(values, shape), { axis }))).toEqual(wanted);
    });

    it("finds the first of equals in several parts", async () => {
      const values = new Float32Array(70_001);
      for (const i of [30_000, 30_001, 69_999]) values[i] = 1;
      expect(await list(argmax(floats(values, [70_001])))).toEqual([30_000]);
    });

    it.each([0, 1])("takes the first NaN along axis %i", async (axis) => {
      const values = Float32Array.from({ length: 81 }, (_, i) => (i % 9) + (i === 3 ? Number.POSITIVE_INFINITY : 0));
      for (const i of [4, 20, 22, 40, 57, 58, 80]) values[i] = Number.NaN;
      const wanted = termsOf(values, [9, 9], [axis]).map((line) => {
        const nan = line.findIndex((value) => value !== value);
        return nan >= 0 ? nan : line.indexOf(Math.max(...line));
      });
      expect(await list(argmax(floats(values, [9, 9]), { axis }))).toEqual(wanted);
    });

    it("takes both zeros for one, and 0 if all are the smallest there is", async () => {
      expect(await list(argmax(floats([-0, 0, -0, -1], [2, 2]), { axis: 1 }))).toEqual([0, 0]);
      expect(await list(argmax(floats(new Array(9).fill(Number.NEGATIVE_INFINITY), [9])))).toEqual([0]);
      const smallest = new Int32Array(9).fill(-(2 ** 31));
      expect(await list(argmax(tensor(smallest, { shape: [9], dtype: "i32", ...own })))).toEqual([0]);
    });
  });
}
