import type { FusedActivation } from "@vertebra/core";

/** Numbers of activation.h. */
export const ACTIVATIONS: { readonly [A in FusedActivation]: number } = { none: 0, relu: 1, relu6: 2, silu: 3 };
