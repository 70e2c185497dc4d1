import type { KernelTable } from "@vertebra/core";
import { flatIndex, forEachPosition, stridesOf } from "../indexing";
import { type Meaning, Values } from "../values";
import { padSource } from "./pad";

/** Each element of dy added to the one it was copied from. */
export const padGrad: Meaning<KernelTable["padGrad"]> = ({ attrs, shape }, dy) => {
  const dx = new Values(shape);
  const strides = stridesOf(shape);
  forEachPosition(dy.shape, (position, flat) => {
    const sources = position.map((at, axis) => padSource(at - (attrs.before[axis] as number), dx.size(axis), attrs.mode));
    if (!sources.includes(-1)) dx.add(flatIndex(sources, strides), dy.at(flat));
  });
  return [dx];
};
