import { apply1 } from "../apply";
import { defineOp } from "../op";
import { normalizeAxes, reduceShape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { expand } from "./expand";
import { reshape } from "./reshape";
import { requireNumbers } from "./rules";

export interface ReduceAttrs {
  /** Sorted, counted from the front. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/** How users write it. */
export interface ReduceOptions {
  /** Default: all axes. Negative ones count from the end. */
  readonly axes?: number | readonly number[];
  /** Keep reduced axes with size 1. Default: drop them. */
  readonly keepDims?: boolean;
}

export const sumOp = defineOp<ReduceAttrs>()({
  name: "sum",
  inputs: ["x"],
  outputs: ["y"],
  precision: "full",
  infer: ([x], { axes, keepDims }) => {
    const spec = x as TensorSpec;
    return [{ shape: reduceShape(spec.shape, axes, keepDims), dtype: requireNumbers("sum", ["x"], [spec]) }];
  },
  vjp: {
    x: {
      saves: [],
      grad: ({ dy, spec, attrs }) => expand(reshape(dy, reduceShape(spec(0).shape, attrs.axes, true)), spec(0).shape),
    },
  },
});

/** Sum over `axes`; 0 over an empty axis. */
export const sum = (x: Tensor, options: ReduceOptions = {}): Tensor => apply1(sumOp, [x], reduceAttrs("sum", x, options));

export const reduceAttrs = (op: string, x: TensorSpec, { axes, keepDims = false }: ReduceOptions): ReduceAttrs => ({
  axes: normalizeAxes(op, axes, x.shape.length),
  keepDims,
});
