import type { KernelTable } from "@vertebra/core";
import { reduceIndex } from "../indexing";
import { type Meaning, Values } from "../values";

export const sum: Meaning<KernelTable["sum"]> = ({ attrs, shape }, x) => {
  const y = new Values(shape);
  for (const [from, to] of reduceIndex(x.shape, attrs.axes).entries()) y.add(to, x.at(from));
  return [y];
};
