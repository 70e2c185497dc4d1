import type { KernelTable } from "@vertebra/core";
import type { Meaning } from "../values";
import { decayedGrad, zip } from "./steps";

/** One step of Adam or AdamW; the formulas are in core's `adamStep`. */
export const adamStep: Meaning<KernelTable["adamStep"]> = ({ attrs }, param, grad, hyper, mean, square, largest?) => {
  const [lr, weightDecay, beta1, beta2, eps, correction1, correction2] = hyper.data as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const decayed = attrs.decoupled ? param.map((p) => p * (1 - lr * weightDecay)) : param;
  const g = decayedGrad(param, grad, attrs.decoupled ? 0 : weightDecay, attrs.maximize);
  const nextMean = zip(mean, g, (m, gi) => beta1 * m + (1 - beta1) * gi);
  const nextSquare = zip(square, g, (s, gi) => beta2 * s + (1 - beta2) * gi * gi);
  const nextLargest = largest && zip(largest, nextSquare, Math.max);
  const step = zip(nextMean, nextLargest ?? nextSquare, (m, s) => m / correction1 / (Math.sqrt(s) / correction2 + eps));
  const next = zip(decayed, step, (p, d) => p - lr * d);
  return [next, nextMean, nextSquare, ...(nextLargest ? [nextLargest] : [])];
};
