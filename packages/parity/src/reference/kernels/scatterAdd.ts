import type { KernelTable } from "@vertebra/core";
import { flatIndex, forEachPosition, stridesOf } from "../indexing";
import { type Meaning, Values } from "../values";
import { checkedIndex } from "./gather";

/** Zeros with values[i, j, k] added at [i, indices[i, j, k], k] for axis 1. @throws ArgumentError for an index out of range. */
export const scatterAdd: Meaning<KernelTable["scatterAdd"]> = ({ attrs: { axis }, shape }, values, indices) => {
  const y = new Values(shape);
  const strides = stridesOf(shape);
  forEachPosition(values.shape, (position, flat) => {
    const target = position.with(axis, checkedIndex("scatterAdd", indices.at(flat), y.size(axis)));
    y.add(flatIndex(target, strides), values.at(flat));
  });
  return [y];
};
