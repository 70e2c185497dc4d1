import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { normalizeAxis, sizeAt, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { sliceGrad } from "./sliceGrad";

export interface SliceAttrs {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
}

export const sliceOp = defineOp<SliceAttrs>()({
  name: "slice",
  inputs: ["x"],
  outputs: ["y"],
  moves: true,
  infer: ([x], { starts, sizes, steps }) => {
    const { shape, dtype } = x as TensorSpec;
    const fits =
      starts.length === shape.length &&
      shape.every(
        (size, i) =>
          sizeAt(sizes, i) === 0 ||
          (sizeAt(starts, i) >= 0 && sizeAt(starts, i) + (sizeAt(sizes, i) - 1) * sizeAt(steps, i) < size),
      );
    if (!fits) {
      throw new ShapeError("slice", {
        rule: `starts, sizes and steps must stay inside x ${formatShape(shape)}`,
        got: `${formatShape(starts)}, ${formatShape(sizes)}, ${formatShape(steps)}`,
      });
    }
    return [{ shape: sizes, dtype }];
  },
  vjp: {
    x: {
      saves: [],
      grad: ({ dy, spec, attrs: { starts, steps } }) => sliceGrad(dy, { starts, steps, shape: spec(0).shape }),
    },
  },
});

/** sizes[i] elements from starts[i] on, steps[i] apart, on every axis; a copy. @throws ShapeError if it leaves x. */
export const slice = (
  x: Tensor,
  starts: readonly number[],
  sizes: readonly number[],
  steps: readonly number[] = starts.map(() => 1),
): Tensor => apply1(sliceOp, [x], { starts, sizes, steps });

/** `x[..., start:stop:step, ...]` on one axis, with Python's meaning of negative and too large bounds. */
export function sliceAxis(x: Tensor, axis: number, start: number, stop: number, step = 1): Tensor {
  const at = normalizeAxis("slice", axis, x.shape.length);
  if (!Number.isInteger(step) || step < 1) throw new ShapeError("slice", { rule: "step must be an integer ≥ 1", got: `${step}` });
  const size = sizeAt(x.shape, at);
  const bound = (value: number) => Math.min(Math.max(value < 0 ? value + size : value, 0), size);
  const first = bound(start);
  const count = Math.max(0, Math.ceil((bound(stop) - first) / step));
  const replace = (all: number, one: number) => x.shape.map((_, i) => (i === at ? one : all));
  return slice(
    x,
    replace(0, first),
    x.shape.map((whole, i) => (i === at ? count : whole)),
    replace(1, step),
  );
}
