import type { KernelTable } from "@vertebra/core";
import { type Meaning, Values } from "../values";
import { forEachRun } from "./convolution";

/** dw = Σ dy · x over the places where each weight was used. */
export const conv2dWeightGrad: Meaning<KernelTable["conv2dWeightGrad"]> = ({ attrs, shape }, x, dy) => {
  const dw = new Values(shape);
  forEachRun({ x: x.shape, weight: shape, y: dy.shape }, attrs, (run) => {
    let total = 0;
    for (let t = 0; t < run.count; t++) total += dy.at(run.y + t) * x.at(run.x + t * run.step);
    dw.add(run.weight, total);
  });
  return [dw];
};
