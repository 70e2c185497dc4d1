import { ArgumentError } from "../errors";
import { generatorState } from "../generator";
import { greaterEqual, mul } from "../ops/binary";
import { where } from "../ops/elementwise";
import { uniform } from "../ops/uniform";
import type { Shape } from "../shape";
import type { Tensor } from "../tensor";
import { constant } from "./constant";

export interface DropoutOptions {
  /** Probability of being dropped. Default: 0.5. */
  readonly p?: number;
  /** False: x itself. Default: true. */
  readonly training?: boolean;
}

/** Zeroes elements with probability p and divides the others by 1 − p. Source: Srivastava et al. 2014. @throws ArgumentError */
export function dropout(x: Tensor, { p = 0.5, training = true }: DropoutOptions = {}): Tensor {
  requireProbability("dropout", p);
  return !training || p === 0 ? x : mul(x, survivors(x, x.shape, p));
}

export interface StochasticDepthOptions extends DropoutOptions {
  /** Drops each sample of the batch by itself ("row", the default) or all at once ("batch"). */
  readonly mode?: StochasticDepthMode;
}

export type StochasticDepthMode = "row" | "batch";

/** Zeroes whole samples with probability p and divides the others by 1 − p; x [N, ...]. Source: Huang et al. 2016. @throws ArgumentError */
export function stochasticDepth(x: Tensor, { p = 0.5, training = true, mode = "row" }: StochasticDepthOptions = {}): Tensor {
  requireProbability("stochasticDepth", p);
  if (!training || p === 0) return x;
  return mul(
    x,
    survivors(
      x,
      x.shape.map((size, axis) => (axis === 0 && mode === "row" ? size : 1)),
      p,
    ),
  );
}

/** 1 / (1 − p) with probability 1 − p, else 0; from the generator of x's device. */
function survivors(x: Tensor, shape: Shape, p: number): Tensor {
  const random = uniform(generatorState(x.device), { shape, dtype: x.dtype === "f64" ? "f64" : "f32" });
  const scale = p === 1 ? 0 : 1 / (1 - p);
  return where(greaterEqual(random, p), constant(scale, x), 0);
}

function requireProbability(op: string, p: number): void {
  if (p >= 0 && p <= 1) return;
  throw new ArgumentError(op, { rule: "p must be from 0 to 1", got: `${p}` });
}
