import { ArgumentError, type KernelTable } from "@vertebra/core";
import { flatIndex, forEachPosition, stridesOf } from "../indexing";
import { type Meaning, Values } from "../values";

/** y[i, j, k] = x[i, indices[i, j, k], k] for axis 1. @throws ArgumentError for an index out of range. */
export const gather: Meaning<KernelTable["gather"]> = ({ attrs: { axis }, shape }, x, indices) => {
  const y = new Values(shape);
  const strides = stridesOf(x.shape);
  forEachPosition(shape, (position, flat) => {
    y.data[flat] = x.at(flatIndex(position.with(axis, checkedIndex("gather", indices.at(flat), x.size(axis))), strides));
  });
  return [y];
};

export function checkedIndex(op: string, index: number, size: number): number {
  if (index >= 0 && index < size) return index;
  throw new ArgumentError(op, { rule: `indices must be in [0, ${size})`, got: `${index}` });
}
