import type { KernelTable } from "@vertebra/core";
import { flatIndex, forEachPosition, stridesOf } from "../indexing";
import { type Meaning, Values } from "../values";

/** The parts one after the other along `axis`. */
export const concat: Meaning<KernelTable["concat"]> = ({ attrs: { axis, sizes }, shape }, ...parts) => {
  const y = new Values(shape);
  const strides = stridesOf(shape);
  for (const [p, part] of parts.entries()) {
    const start = sizes.slice(0, p).reduce((sum, size) => sum + size, 0) * (strides[axis] as number);
    forEachPosition(part.shape, (position, flat) => {
      y.data[start + flatIndex(position, strides)] = part.at(flat);
    });
  }
  return [y];
};
