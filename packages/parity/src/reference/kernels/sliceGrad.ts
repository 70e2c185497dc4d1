import type { KernelTable } from "@vertebra/core";
import { flatIndex, forEachPosition, stridesOf } from "../indexing";
import { type Meaning, Values } from "../values";
import { sliceSource } from "./slice";

/** Zeros with dy where the slice was taken. */
export const sliceGrad: Meaning<KernelTable["sliceGrad"]> = ({ attrs: { starts, steps }, shape }, dy) => {
  const dx = new Values(shape);
  const strides = stridesOf(shape);
  forEachPosition(dy.shape, (position, flat) => {
    dx.data[flatIndex(sliceSource(position, starts, steps), strides)] = dy.at(flat);
  });
  return [dx];
};
