import type { KernelTable, PadMode } from "@vertebra/core";
import { flatIndex, forEachPosition, stridesOf } from "../indexing";
import { type Meaning, Values } from "../values";

/** Each element from where the mode says; `value` where a constant border is. */
export const pad: Meaning<KernelTable["pad"]> = ({ attrs, shape }, x) => {
  const y = new Values(shape);
  const strides = stridesOf(x.shape);
  forEachPosition(shape, (position, flat) => {
    const sources = position.map((at, axis) => padSource(at - (attrs.before[axis] as number), x.size(axis), attrs.mode));
    y.data[flat] = sources.includes(-1) ? attrs.value : x.at(flatIndex(sources, strides));
  });
  return [y];
};

/** Which element of an axis of `size` stands at `at`, where 0 is the first of the input; −1 for a constant border. */
export function padSource(at: number, size: number, mode: PadMode): number {
  if (at >= 0 && at < size) return at;
  if (mode === "constant") return -1;
  if (mode === "replicate") return at < 0 ? 0 : size - 1;
  return at < 0 ? -at : 2 * (size - 1) - at;
}
