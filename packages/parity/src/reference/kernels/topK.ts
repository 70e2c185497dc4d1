import type { KernelTable } from "@vertebra/core";
import { forEachLine } from "../indexing";
import { type Meaning, Values } from "../values";

/** The k best of each line, best first: NaN counts as largest, of equals the lower index comes first. */
export const topK: Meaning<KernelTable["topK"]> = ({ attrs: { k, axis, largest }, shape }, x) => {
  const [values, indices] = [new Values(shape), new Values(shape)];
  const starts: number[] = [];
  forEachLine(shape, axis, (start) => starts.push(start));
  forEachLine(x.shape, axis, (start, step, line) => {
    const value = (i: number) => x.at(start + i * step);
    const order = Array.from({ length: x.size(axis) }, (_, i) => i);
    order.sort((a, b) => (largest ? compare(value(b), value(a)) : compare(value(a), value(b))) || a - b);
    for (const [rank, i] of order.slice(0, k).entries()) {
      const target = (starts[line] as number) + rank * step;
      values.data[target] = value(i);
      indices.data[target] = i;
    }
  });
  return [values, indices];
};

/** Ascending, NaN last; 0 for equals. */
function compare(a: number, b: number): number {
  if (a !== a || b !== b) return Number(a !== a) - Number(b !== b);
  return a < b ? -1 : Number(a > b);
}
