import { type Device, prodGrad, type Shape, tensor } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { afterAll, describe, expect, it } from "vitest";
import type { Opened } from "./opened";
import { REDUCTIONS, termsOf } from "./reductions";

/** Gradients of products, with zeros among the factors. */
export function testProdGrad({ device, reason }: Opened): void {
  const toDevice = (values: Float32Array, shape: Shape) => tensor(values, { shape, device: device as Device });

  describe.skipIf(!device)(`prodGrad on ${device?.adapter ?? reason}`, () => {
    afterAll(() => device?.close());

    // Powers of 2 that stay small together, so that products are exact; a group has no zero, one or a few.
    it.each(REDUCTIONS)("multiplies all others of %j over axes %j", async (shape, axes) => {
      const x = new Float32Array(product(shape));
      const groups = termsOf([...x.keys()], shape, axes);
      for (const group of groups) {
        for (const [at, i] of group.entries()) x[i] = i % 9973 === 11 ? 0 : ([1, 2, -1, 0.5][at % 4] as number);
      }
      const dyShape = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const dy = Float32Array.from(groups, (_, group) => (group % 5) - 2);
      const dx = await prodGrad(toDevice(x, shape), toDevice(dy, dyShape), { axes }).data();
      const wanted = termsOf(x, shape, axes).map((factors, group) => gradOf(factors, dy[group] as number));
      const errors = termsOf(dx as Float32Array, shape, axes).flatMap((found, group) =>
        found.map((value, i) => value - (wanted[group]?.[i] as number)),
      );
      expect(errors.filter((error) => error !== 0)).toEqual([]);
    });
  });
}

/** dy · Π of the others. */
function gradOf(factors: readonly number[], dy: number): number[] {
  const zeros = factors.filter((factor) => factor === 0).length;
  const others = factors.reduce((total, factor) => (factor === 0 ? total : total * factor), 1);
  return factors.map((factor) => {
    if (zeros > Number(factor === 0)) return 0;
    return (others / (factor === 0 ? 1 : factor)) * dy;
  });
}
