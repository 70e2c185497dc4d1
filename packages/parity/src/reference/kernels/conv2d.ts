import type { KernelTable } from "@vertebra/core";
import { type Meaning, Values } from "../values";
import { forEachRun } from "./convolution";

/** y[n, o, i, j] = bias[o] + Σ x[n, c, h, w] · weight[o, c, kh, kw] over the taps inside the input. */
export const conv2d: Meaning<KernelTable["conv2d"]> = ({ attrs, shape }, x, weight, bias?) => {
  const y = new Values(shape);
  if (bias) for (let i = 0; i < y.data.length; i++) y.data[i] = bias.at(Math.floor(i / (y.size(2) * y.size(3))) % y.size(1));
  forEachRun({ x: x.shape, weight: weight.shape, y: shape }, attrs, (run) => {
    const w = weight.at(run.weight);
    for (let t = 0; t < run.count; t++) y.add(run.y + t, x.at(run.x + t * run.step) * w);
  });
  return [y];
};
