import { amax } from "../ops/amax";
import type { ReduceOptions } from "../ops/sum";
import { neg } from "../ops/unary";
import type { Tensor } from "../tensor";

/** Smallest value over `axes`; NaN if there is one. Ties share the gradient. @throws ShapeError if an axis reduced over is empty. */
export const amin = (x: Tensor, options: ReduceOptions = {}): Tensor => neg(amax(neg(x), options));
