import type { KernelTable } from "@vertebra/core";
import { forEachLine } from "../indexing";
import { type Meaning, Values } from "../values";
import { shifted } from "./softmax";

/** x − max − log Σ exp(x − max) */
export const logSoftmax: Meaning<KernelTable["logSoftmax"]> = ({ attrs: { axis } }, x) => {
  const y = new Values(x.shape);
  forEachLine(x.shape, axis, (start, step) => {
    const line = shifted(x, start, step, x.size(axis));
    const logTotal = Math.log(line.reduce((sum, value) => sum + Math.exp(value), 0));
    for (const [i, value] of line.entries()) y.data[start + i * step] = value - logTotal;
  });
  return [y];
};
