import type { VendorCall } from "../launch";

/** Who does a call: our kernels, or the library. */
export type Choice = "own" | "vendor";

/** All that a choice depends on, and a plan. */
export const keyOf = ({ kind, numbers }: VendorCall): string => `${kind} ${numbers.join(",")}`;

/** Below it a tile of a library's kernel is mostly empty. */
const LEAST_SIDE = 64;
const LEAST_TERMS = 32;
/** A few microseconds of work: under that the launch counts, and ours is the cheaper one. */
const LEAST_MULTIPLY_ADDS = 2 ** 24;

/**
 * The choice until a call is measured (`tune`): the library has large dense products, for which it has kernels made for every GPU;
 * small ones, depthwise convolutions and other narrow groups are ours. So are convolutions in exact f32: of the engines that cuDNN
 * ranks for them almost all use tensor cores, and those that don't come last. It knows nothing but the call, so every run is the same.
 */
export function staticChoice({ kind, isForTensorCores, product: { entries, rows, columns, terms } }: VendorCall): Choice {
  if (kind === "convolution" && !isForTensorCores) return "own";
  const isDense = Math.min(rows, columns) >= LEAST_SIDE && terms >= LEAST_TERMS;
  return isDense && entries * rows * columns * terms >= LEAST_MULTIPLY_ADDS ? "vendor" : "own";
}
