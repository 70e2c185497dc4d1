import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { smallInts, terms } from "../testing/reductions";
import { blank, blankInts, floats, type HostTensor, randomFloats } from "../testing/run-plan";
import { topK } from "./topK";

const run = onBothThreadCounts();

interface Asked {
  readonly k: number;
  readonly axis: number;
  readonly largest: boolean;
}

function topKOf(x: HostTensor, asked: Asked) {
  const shape = x.shape.map((size, axis) => (axis === asked.axis ? asked.k : size));
  const [values, indices] = run(topK, { inputs: [x], outputs: [blank(shape), blankInts(shape)], attrs: asked });
  return { values: values!, indices: indices! };
}

/** Indices of the k best of a list, NaN above all, of equals the lower one first. */
function reference(list: readonly number[], { k, largest }: Asked): number[] {
  const order = (x: number) => (x !== x ? 1 : 0);
  const compare = (a: number, b: number) => order(a) - order(b) || (a < b ? -1 : a > b ? 1 : 0);
  const indices = list.map((_, i) => i);
  return indices.sort((i, j) => (largest ? -1 : 1) * compare(list[i]!, list[j]!) || i - j).slice(0, k);
}

function check(x: HostTensor, asked: Asked) {
  const { values, indices } = topKOf(x, asked);
  const wanted = terms(x, [asked.axis]).map((list) => reference(list, asked));
  expect(terms(indices, [asked.axis])).toEqual(wanted);
  const lists = terms(x, [asked.axis]);
  expect(terms(values, [asked.axis])).toEqual(wanted.map((row, i) => row.map((at) => lists[i]![at])));
}

describe.each([true, false])("topK, largest %s", (largest) => {
  it.each([
    [[1], 0, 1],
    [[9], 0, 9],
    [[65], 0, 5],
    [[8, 10], 1, 5],
    [[8, 10], 0, 3],
    [[3, 7, 5], 1, 7],
    [[2, 3, 4], 2, 0],
    [[40, 1000], 1, 5],
    [[40, 1000], 1, 700],
  ] as const)("sorts %j along axis %i, k = %i, with and without equals", (shape, axis, k) => {
    check(randomFloats(shape, 11), { k, axis, largest });
    check({ shape, data: Float32Array.from(smallInts(shape).data) }, { k, axis, largest });
  });

  it("orders NaN, infinities and zeros", () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    check(floats([12], [0, nan, -0, inf, -1, -inf, nan, 1e-40, -1e-40, inf, 0, -0]), { k: 12, axis: 0, largest });
  });
});
