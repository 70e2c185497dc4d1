import type { Params } from "@vertebra/core";

/**
 * Largest error of one element in units of 2u, which is one ULP of 1. Where WGSL and CUDA differ the larger one counts.
 * Sources: WGSL specification, section 15.7.4 "Floating point accuracy" (results that are "correctly rounded" there may be
 * rounded either way: one ULP); CUDA C++ programming guide, "Mathematical functions"; parameters such as a slope are themselves rounded once.
 */
export interface ElementBound {
  readonly reason: string;
  readonly error:
    | ((element: { readonly y: number; readonly a: number; readonly b: number; readonly params: Params }) => number)
    | "exact";
}

/** exp's error, relative: 3 + 2|x| ULP (WGSL; CUDA 2). */
export const expUlps = (x: number): number => 3 + 2 * Math.abs(x);
/** log's error, absolute: 2⁻²¹ = 4 units of 2u in [1/2, 2], else 3 ULP (WGSL; CUDA 1). */
export const logError = (x: number): number => (x >= 0.5 && x <= 2 ? 4 : 3 * Math.abs(Math.log(x)));
