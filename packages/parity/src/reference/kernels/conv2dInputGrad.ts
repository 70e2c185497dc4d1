import type { KernelTable } from "@vertebra/core";
import { type Meaning, Values } from "../values";
import { forEachRun } from "./convolution";

/** dx = Σ dy · weight over the outputs that read each input. */
export const conv2dInputGrad: Meaning<KernelTable["conv2dInputGrad"]> = ({ attrs, shape }, dy, weight) => {
  const dx = new Values(shape);
  forEachRun({ x: shape, weight: weight.shape, y: dy.shape }, attrs, (run) => {
    const w = weight.at(run.weight);
    for (let t = 0; t < run.count; t++) dx.add(run.x + t * run.step, dy.at(run.y + t) * w);
  });
  return [dx];
};
