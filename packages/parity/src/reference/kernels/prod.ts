import type { KernelTable } from "@vertebra/core";
import { reduceIndex } from "../indexing";
import { type Meaning, Values } from "../values";

export const prod: Meaning<KernelTable["prod"]> = ({ attrs, shape }, x) => {
  const y = new Values(shape).map(() => 1);
  for (const [from, to] of reduceIndex(x.shape, attrs.axes).entries()) y.data[to] = y.at(to) * x.at(from);
  return [y];
};
