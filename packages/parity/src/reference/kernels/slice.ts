import type { KernelTable } from "@vertebra/core";
import { flatIndex, forEachPosition, stridesOf } from "../indexing";
import { type Meaning, Values } from "../values";

/** y[i, …] = x[starts + i · steps, …] */
export const slice: Meaning<KernelTable["slice"]> = ({ attrs: { starts, steps }, shape }, x) => {
  const y = new Values(shape);
  const strides = stridesOf(x.shape);
  forEachPosition(shape, (position, flat) => {
    y.data[flat] = x.at(flatIndex(sliceSource(position, starts, steps), strides));
  });
  return [y];
};

/** Where a position of a slice was taken from. */
export const sliceSource = (position: readonly number[], starts: readonly number[], steps: readonly number[]): number[] =>
  position.map((at, axis) => (starts[axis] as number) + at * (steps[axis] as number));
