import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { build, elementAt } from "../testing/indexing";
import { REDUCTIONS, reducedShape, terms } from "../testing/reductions";
import { blank, floats, type HostTensor, randomFloats, worstError } from "../testing/run-plan";
import { prod } from "./prod";
import { prodGrad } from "./prodGrad";

const run = onBothThreadCounts();

const productOf = (list: readonly number[]) => list.reduce((product, x) => product * x, 1);
const prodOf = (x: HostTensor, axes: readonly number[]) =>
  run(prod, { inputs: [x], outputs: [blank(reducedShape(x.shape, axes))], attrs: { axes, keepDims: false } })[0]!
    .data as Float32Array;

/** Factors so near 1 that a product of all neither over- nor underflows. */
const factors = (shape: readonly number[]) => {
  const spread = 10 / Math.sqrt(Math.max(1, productOf(shape)));
  return randomFloats(shape, 4, [1 - Math.min(spread, 0.5), 1 + Math.min(spread, 0.5)]);
};

describe("prod", () => {
  it.each(REDUCTIONS)("multiplies %j over axes %j", (shape, axes) => {
    const x = factors(shape);
    const lists = terms(x, axes);
    // One rounding a factor, whatever the order.
    const bound = (wanted: number, i: number) => Math.max(lists[i]!.length, 1) * 2 ** -24 * Math.abs(wanted);
    expect(worstError(prodOf(x, axes), lists.map(productOf), bound)).toBeLessThanOrEqual(1);
  });

  it("is 1 over an empty axis", () => {
    expect(prodOf(floats([2, 0], []), [1])).toEqual(Float32Array.of(1, 1));
  });
});

describe("prodGrad", () => {
  const gradOf = (x: HostTensor, dy: HostTensor, axes: readonly number[]) =>
    run(prodGrad, { inputs: [x, dy], outputs: [blank(x.shape)], attrs: { axes } })[0]!.data as Float32Array;

  it.each(REDUCTIONS.filter(([shape]) => productOf(shape) < 8000))(
    "is dy times all other factors, %j over axes %j",
    (shape, axes) => {
      const x = factors(shape);
      // Zeros: none, one or more in a product.
      for (let i = 0; i < x.data.length; i += 11) x.data[i] = 0;
      const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const dy = randomFloats(kept, 6);
      const others = (at: readonly number[]) => {
        let product = elementAt(dy, at);
        const sizes = shape.map((size, axis) => (axes.includes(axis) ? size : 1));
        build(sizes, { shape: [], data: new Float32Array(0) }, (offset) => {
          const index = at.map((i, axis) => (axes.includes(axis) ? offset[axis]! : i));
          if (index.some((i, axis) => i !== at[axis])) product *= elementAt(x, index);
          return 0;
        });
        return product;
      };
      const wanted = Float64Array.from(build(shape, x, () => 0).data);
      let flat = 0;
      build(shape, x, (index) => (wanted[flat++] = others(index)));
      expect(worstError(gradOf(x, dy, axes), wanted, (value) => 2 ** -23 * Math.abs(value) + 1e-45)).toBeLessThanOrEqual(1);
    },
  );

  it("doesn't overflow on the way", () => {
    expect(gradOf(floats([4], [1e30, 1e30, 1e-30, 1e-30]), floats([1], [1]), [0])[2]).toBeCloseTo(1e30, -24);
  });
});
