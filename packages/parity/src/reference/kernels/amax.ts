import type { KernelTable } from "@vertebra/core";
import { reduceIndex } from "../indexing";
import { type Meaning, Values } from "../values";

/** Largest value of each group; NaN if there is one. */
export const amax: Meaning<KernelTable["amax"]> = ({ attrs, shape }, x) => {
  const y = new Values(shape);
  y.data.fill(Number.NEGATIVE_INFINITY);
  for (const [from, to] of reduceIndex(x.shape, attrs.axes).entries()) y.data[to] = Math.max(y.at(to), x.at(from));
  return [y];
};
