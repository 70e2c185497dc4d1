import type { KernelTable } from "@vertebra/core";
import { forEachLine } from "../indexing";
import { type Meaning, Values } from "../values";

/** The first of the largest; the first NaN if there is one. */
export const argmax: Meaning<KernelTable["argmax"]> = ({ attrs, shape }, x) => {
  const indices = new Values(shape);
  forEachLine(x.shape, attrs.axis, (start, step, line) => {
    let best = 0;
    for (let i = 1; i < x.size(attrs.axis); i++) {
      const [value, largest] = [x.at(start + i * step), x.at(start + best * step)];
      if (value > largest || (value !== value && largest === largest)) best = i;
    }
    indices.data[line] = best;
  });
  return [indices];
};
