import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { setDevice } from "../device";
import { scope } from "../scope";
import { countElements, type Shape } from "../shape";
import { type Tensor, tensor } from "../tensor";
import { flatten } from "./flatten";
import { max, min } from "./max";
import { oneHot } from "./oneHot";
import { select } from "./select";
import { chunk, split } from "./split";
import { squeeze, unsqueeze } from "./squeeze";
import { stack } from "./stack";
import { transpose } from "./transpose";

setDevice(openReference());
const counting = (shape: Shape): Tensor =>
  tensor(
    Array.from({ length: countElements(shape) }, (_, i) => i),
    { shape },
  );
const read = async (x: Tensor): Promise<number[]> => [...(await x.data())];

describe("functions that move elements", () => {
  test("flatten joins all axes but the first, or those asked for", () => {
    using _ = scope();
    expect(flatten(counting([2, 3, 4])).shape).toEqual([2, 12]);
    expect(flatten(counting([2, 3, 4]), 0, 1).shape).toEqual([6, 4]);
    expect(flatten(counting([])).shape).toEqual([1]);
    expect(() => flatten(counting([2, 3]), 1, 0)).toThrow("flatten: start must not come after end, got 1 and 0");
  });

  test("squeeze and unsqueeze undo each other", () => {
    using _ = scope();
    const x = counting([1, 3, 1]);
    expect(squeeze(x).shape).toEqual([3]);
    expect(squeeze(x, [0, 1]).shape).toEqual([3, 1]);
    expect(unsqueeze(squeeze(x, 2), -1).shape).toEqual([1, 3, 1]);
  });

  test("select takes one index of an axis away", async () => {
    using _ = scope();
    expect(await read(select(counting([2, 3]), 1, -1))).toEqual([2, 5]);
    expect(() => select(counting([2, 3]), 1, 3)).toThrow(
      "select: index must be an integer in [-3, 2], the size of axis 1, got 3",
    );
  });

  test("transpose swaps two axes", async () => {
    using _ = scope();
    const y = transpose(counting([2, 3, 1]), 0, -2);
    expect(y.shape).toEqual([3, 2, 1]);
    expect(await read(y)).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test("stack adds an axis", async () => {
    using _ = scope();
    const y = stack([counting([2]), counting([2])], -1);
    expect(y.shape).toEqual([2, 2]);
    expect(await read(y)).toEqual([0, 0, 1, 1]);
  });

  test("chunk gives pieces of one size, the last smaller, perhaps fewer than asked for", async () => {
    using _ = scope();
    expect(chunk(counting([7]), 3).map(({ shape }) => shape[0])).toEqual([3, 3, 1]);
    expect(chunk(counting([5]), 4).map(({ shape }) => shape[0])).toEqual([2, 2, 1]);
    expect(chunk(counting([0, 2]), 2).map(({ shape }) => shape)).toEqual([
      [0, 2],
      [0, 2],
    ]);
    expect(await read(chunk(counting([2, 4]), 2, 1)[1]!)).toEqual([2, 3, 6, 7]);
  });

  test("split takes sizes that add up", () => {
    using _ = scope();
    expect(split(counting([6]), [1, 0, 5]).map(({ shape }) => shape[0])).toEqual([1, 0, 5]);
    expect(() => split(counting([6]), [1, 4])).toThrow("split: sizes must be integers ≥ 0 that add up to 6");
  });

  test("oneHot marks the index of each row", async () => {
    using _ = scope();
    const y = oneHot(tensor([2, 0], { dtype: "i32" }), 3);
    expect(y.shape).toEqual([2, 3]);
    expect(await read(y)).toEqual([0, 0, 1, 1, 0, 0]);
    expect(() => oneHot(tensor([2]), 3)).toThrow("oneHot: indices must be i32, got f64");
  });
});

describe("max and min", () => {
  test("take the first of equals and let NaN win", async () => {
    using _ = scope();
    const x = tensor([
      [3, 1, 3],
      [0, Number.NaN, 5],
    ]);
    const largest = max(x, 1);
    expect(await read(largest.values)).toEqual([3, Number.NaN]);
    expect(await read(largest.indices)).toEqual([0, 1]);
    const smallest = min(x, 0, { keepDims: true });
    expect(smallest.values.shape).toEqual([1, 3]);
    expect(await read(smallest.values)).toEqual([0, Number.NaN, 3]);
  });
});
