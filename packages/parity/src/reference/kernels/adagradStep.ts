import type { KernelTable } from "@vertebra/core";
import type { Meaning } from "../values";
import { decayedGrad, zip } from "./steps";

/** g = ±grad + weightDecay · param; square += g²; param −= lr · g / (√square + eps). */
export const adagradStep: Meaning<KernelTable["adagradStep"]> = ({ attrs }, param, grad, hyper, square) => {
  const [lr, weightDecay, eps] = hyper.data as unknown as [number, number, number];
  const g = decayedGrad(param, grad, weightDecay, attrs.maximize);
  const nextSquare = zip(square, g, (s, gi) => s + gi * gi);
  const step = zip(g, nextSquare, (gi, s) => gi / (Math.sqrt(s) + eps));
  return [zip(param, step, (p, d) => p - lr * d), nextSquare];
};
