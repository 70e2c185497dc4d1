import { apply } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { isSameShape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { requireSameDType } from "./rules";

export const copyIntoOp = defineOp<Record<never, never>>()({
  name: "copyInto",
  inputs: ["target", "source"],
  outputs: [],
  moves: true,
  precision: "own",
  infer: (specs) => {
    const [target, source] = specs as [TensorSpec, TensorSpec];
    requireSameDType("copyInto", ["target", "source"], specs);
    if (!isSameShape(target.shape, source.shape)) {
      throw new ShapeError("copyInto", {
        rule: "target and source must have one shape",
        got: `${formatShape(target.shape)} and ${formatShape(source.shape)}`,
      });
    }
    return [];
  },
  vjp: null,
  mutates: [0],
});

/** Overwrites `target` with `source`: running statistics, moving averages, loading. Not differentiable. */
export function copyInto(target: Tensor, source: Tensor): void {
  apply(copyIntoOp, [target, source], {});
}
