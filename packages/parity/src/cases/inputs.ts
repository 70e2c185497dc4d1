import type { DType, Philox, Shape } from "@vertebra/core";
import type { CaseInput } from "./types";

const input = (shape: Shape, values: CaseInput["values"], dtype: CaseInput["dtype"] = "float"): CaseInput => ({
  shape,
  values,
  dtype,
});
const draw =
  (make: (random: Philox) => number): CaseInput["values"] =>
  (random, elements) =>
    Array.from({ length: elements }, () => make(random));

/** Normal numbers. */
export const normal = (shape: Shape, { scale = 1, mean = 0 } = {}): CaseInput =>
  input(
    shape,
    draw((random) => mean + scale * random.normal()),
  );

/** Normal numbers at least 0.01 away from each of `kinks`, where a derivative jumps. */
export const normalAwayFrom = (shape: Shape, kinks: readonly number[], scale = 1): CaseInput =>
  input(
    shape,
    draw((random) => {
      const value = scale * random.normal();
      const kink = kinks.find((at) => Math.abs(value - at) < 0.01);
      return kink === undefined ? value : kink + 0.02 * (value < kink ? -1 : 1);
    }),
  );

/** Numbers in [least, most). */
export const between = (shape: Shape, least: number, most: number): CaseInput =>
  input(
    shape,
    draw((random) => least + (most - least) * random.uniform()),
  );

/** Numbers no two of which are equal: multiples of 0.02 around 0 in random order. */
export const distinct = (shape: Shape): CaseInput =>
  input(shape, (random, elements) => Array.from(random.permutation(elements), (rank) => (rank - elements / 2) * 0.02));

/** Numbers of which many are equal: whole ones from −2 to 2. */
export const tied = (shape: Shape): CaseInput =>
  input(
    shape,
    draw((random) => random.integer(5) - 2),
  );

/** i32 in [0, size). */
export const indices = (shape: Shape, size: number): CaseInput =>
  input(
    shape,
    draw((random) => random.integer(size)),
    "i32",
  );

/** i32 in [−1000, 1000). */
export const integers = (shape: Shape): CaseInput =>
  input(
    shape,
    draw((random) => random.integer(2000) - 1000),
    "i32",
  );

export const bools = (shape: Shape): CaseInput =>
  input(
    shape,
    draw((random) => random.integer(2)),
    "bool",
  );

export const bytes = (shape: Shape): CaseInput =>
  input(
    shape,
    draw((random) => random.integer(256)),
    "u8",
  );

/** These numbers, over and over until `shape` is full. */
export const given = (values: readonly number[], shape: Shape = [values.length], dtype: "float" | DType = "float"): CaseInput =>
  input(shape, (_, elements) => Array.from({ length: elements }, (__, i) => values[i % values.length] as number), dtype);
