import type { KernelTable } from "@vertebra/core";
import type { Meaning } from "../values";
import { decayedGrad, zip } from "./steps";

/** g = ±grad + weightDecay · param; b = momentum · b + keep · g; param −= lr · (nesterov ? g + momentum · b : b), or lr · g without b. */
export const sgdStep: Meaning<KernelTable["sgdStep"]> = ({ attrs }, param, grad, hyper, momentum?) => {
  const [lr, weightDecay, factor, keep] = hyper.data as unknown as [number, number, number, number];
  const g = decayedGrad(param, grad, weightDecay, attrs.maximize);
  if (!momentum) return [zip(param, g, (p, d) => p - lr * d)];
  const nextMomentum = zip(momentum, g, (b, gi) => factor * b + keep * gi);
  const step = attrs.nesterov ? zip(g, nextMomentum, (gi, b) => gi + factor * b) : nextMomentum;
  return [zip(param, step, (p, d) => p - lr * d), nextMomentum];
};
