import type { KernelTable } from "@vertebra/core";
import { flatIndex, forEachPosition, stridesOf } from "../indexing";
import { type Meaning, Values } from "../values";

/** Axis i of the result is axis axes[i] of x. */
export const permute: Meaning<KernelTable["permute"]> = ({ attrs, shape }, x) => {
  const y = new Values(shape);
  const own = stridesOf(x.shape);
  const strides = attrs.axes.map((axis) => own[axis] as number);
  forEachPosition(shape, (position, flat) => {
    y.data[flat] = x.at(flatIndex(position, strides));
  });
  return [y];
};
