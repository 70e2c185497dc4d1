import { Hardsigmoid, type Module, ReLU, ReLU6, Sigmoid, SiLU, unknownName } from "@vertebra/core";

/** What blocks that let their activation be chosen take; names, so that a block can be built from JSON. */
export type ActivationName = keyof typeof ACTIVATIONS;

const ACTIVATIONS = {
  relu: () => new ReLU({ inplace: true }),
  relu6: () => new ReLU6({ inplace: true }),
  silu: () => new SiLU({ inplace: true }),
} satisfies Readonly<Record<string, () => Module>>;

/** A new layer for a name; printed as PyTorch's in-place form. @throws ArgumentError for an unknown name. */
export const makeActivation = (name: ActivationName): Module => pick("activation", ACTIVATIONS, name);

/** What maps the output of a squeeze-and-excitation to factors from 0 to 1. */
export type GateName = keyof typeof GATES;

const GATES = {
  sigmoid: () => new Sigmoid(),
  hardsigmoid: () => new Hardsigmoid(),
} satisfies Readonly<Record<string, () => Module>>;

/** A new layer for a name. @throws ArgumentError for an unknown name. */
export const makeGate = (name: GateName): Module => pick("gate", GATES, name);

/** Names come from JSON too, where no type has checked them. */
function pick<Name extends string>(option: string, table: Readonly<Record<Name, () => Module>>, name: Name): Module {
  if (!Object.hasOwn(table, name)) throw unknownName("block", option, String(name), Object.keys(table));
  return table[name]();
}
