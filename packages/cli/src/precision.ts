import { autocast } from "@vertebra/core";

/** What matrix products and convolutions of a command run in. */
export const PRECISIONS = ["f32", "f16", "bf16"] as const;
export type PrecisionName = (typeof PRECISIONS)[number];

/** Runs the synchronous `fn` in it. */
export const inPrecision = <T>(precision: PrecisionName, fn: () => T): T =>
  precision === "f32" ? fn() : autocast({ dtype: precision }, fn);
