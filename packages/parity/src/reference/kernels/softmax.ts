import type { KernelTable } from "@vertebra/core";
import { forEachLine } from "../indexing";
import { type Meaning, Values } from "../values";

/** exp(x − max) / Σ exp(x − max) */
export const softmax: Meaning<KernelTable["softmax"]> = ({ attrs: { axis } }, x) => {
  const y = new Values(x.shape);
  forEachLine(x.shape, axis, (start, step) => {
    const powers = shifted(x, start, step, x.size(axis)).map(Math.exp);
    const total = powers.reduce((sum, value) => sum + value, 0);
    for (const [i, value] of powers.entries()) y.data[start + i * step] = value / total;
  });
  return [y];
};

/** The values of a line minus their maximum. */
export function shifted(x: Values, start: number, step: number, size: number): number[] {
  const line = Array.from({ length: size }, (_, i) => x.at(start + i * step));
  const max = line.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return line.map((value) => value - max);
}
