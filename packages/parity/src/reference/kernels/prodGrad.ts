import type { KernelTable } from "@vertebra/core";
import { reduceIndex } from "../indexing";
import { type Meaning, Values } from "../values";

/** dx = dy · (product of all others of the group): what stands in front of an element times what stands behind it. */
export const prodGrad: Meaning<KernelTable["prodGrad"]> = ({ attrs }, x, dy) => {
  const group = reduceIndex(x.shape, attrs.axes);
  const dx = new Values(x.shape).map(() => 1);
  const collect = (order: Iterable<number>) => {
    const product = dy.map(() => 1);
    for (const i of order) {
      const g = group[i] as number;
      dx.data[i] = dx.at(i) * product.at(g);
      product.data[g] = product.at(g) * x.at(i);
    }
  };
  collect(x.data.keys());
  collect([...x.data.keys()].reverse());
  for (let i = 0; i < x.data.length; i++) dx.data[i] = dx.at(i) * dy.at(group[i] as number);
  return [dx];
};
