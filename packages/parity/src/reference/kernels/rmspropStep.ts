import type { KernelTable } from "@vertebra/core";
import type { Meaning } from "../values";
import { decayedGrad, zip } from "./steps";

/** One step of RMSprop; the formulas are in core's `rmspropStep`. */
export const rmspropStep: Meaning<KernelTable["rmspropStep"]> = ({ attrs }, param, grad, hyper, square, mean, momentum) => {
  const [lr, weightDecay, alpha, eps, beta] = hyper.data as unknown as [number, number, number, number, number];
  const g = decayedGrad(param, grad, weightDecay, attrs.maximize);
  const nextSquare = zip(square, g, (s, gi) => alpha * s + (1 - alpha) * gi * gi);
  const nextMean = attrs.centered ? zip(mean, g, (m, gi) => alpha * m + (1 - alpha) * gi) : mean;
  const power = attrs.centered ? zip(nextSquare, nextMean, (s, m) => s - m * m) : nextSquare;
  const root = power.map((s) => (attrs.epsInside ? Math.sqrt(s + eps) : Math.sqrt(s) + eps));
  const ratio = zip(g, root, (gi, d) => gi / d);
  const nextMomentum = beta > 0 ? zip(momentum, ratio, (b, r) => beta * b + r) : momentum;
  return [zip(param, beta > 0 ? nextMomentum : ratio, (p, d) => p - lr * d), nextSquare, nextMean, nextMomentum];
};
