import { Values } from "../values";

/** fn of the elements of two arrays of one shape. */
export const zip = (a: Values, b: Values, fn: (a: number, b: number) => number): Values =>
  new Values(
    a.shape,
    a.data.map((value, i) => fn(value, b.at(i))),
  );

/** What all optimizers start from: ±grad + weightDecay · param. */
export const decayedGrad = (param: Values, grad: Values, weightDecay: number, maximize: boolean): Values =>
  zip(param, grad, (p, g) => (maximize ? -g : g) + weightDecay * p);
