import type { KernelTable } from "@vertebra/core";
import { type Meaning, Values } from "../values";
import { forEachWindow } from "./pooling";

/** Largest value of each window and its place h · W + w: of equals the first, of NaNs the last. */
export const maxPool2d: Meaning<KernelTable["maxPool2d"]> = ({ attrs, shape }, x) => {
  const [y, indices] = [new Values(shape), new Values(shape)];
  forEachWindow(x, attrs, (output, plane, places) => {
    let [largest, place] = [Number.NEGATIVE_INFINITY, places[0] ?? 0];
    for (const candidate of places) {
      const value = x.at(plane + candidate);
      if (value > largest || value !== value) [largest, place] = [value, candidate];
    }
    y.data[output] = largest;
    indices.data[output] = place;
  });
  return [y, indices];
};
