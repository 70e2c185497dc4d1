import { Hardsigmoid, type Module, ReLU, ReLU6, Sigmoid, SiLU } from "@vertebra/core";

/** What blocks that let their activation be chosen take; names, so that a block can be built from JSON. */
export type ActivationName = keyof typeof ACTIVATIONS;

const ACTIVATIONS = {
  relu: () => new ReLU({ inplace: true }),
  relu6: () => new ReLU6({ inplace: true }),
  silu: () => new SiLU({ inplace: true }),
} satisfies Readonly<Record<string, () => Module>>;

/** A new layer for a name; printed as PyTorch's in-place form. */
export const makeActivation = (name: ActivationName): Module => ACTIVATIONS[name]();

/** What maps the output of a squeeze-and-excitation to factors from 0 to 1. */
export type GateName = keyof typeof GATES;

const GATES = {
  sigmoid: () => new Sigmoid(),
  hardsigmoid: () => new Hardsigmoid(),
} satisfies Readonly<Record<string, () => Module>>;

export const makeGate = (name: GateName): Module => GATES[name]();
