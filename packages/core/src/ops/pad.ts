import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { sizeAt, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { padGrad } from "./padGrad";
import { slice } from "./slice";

export type PadMode = "constant" | "reflect" | "replicate";

export interface PadAttrs {
  /** Elements added in front of each axis. */
  readonly before: readonly number[];
  /** Elements added behind each axis. */
  readonly after: readonly number[];
  readonly mode: PadMode;
  /** What "constant" fills with. */
  readonly value: number;
}

export const padOp = defineOp<PadAttrs>()({
  name: "pad",
  inputs: ["x"],
  outputs: ["y"],
  moves: true,
  infer: ([x], { before, after, mode }) => {
    const { shape, dtype } = x as TensorSpec;
    if (
      before.length !== shape.length ||
      after.length !== shape.length ||
      ![...before, ...after].every((n) => Number.isInteger(n) && n >= 0)
    ) {
      throw new ShapeError("pad", {
        rule: `before and after must hold ${shape.length} integers ≥ 0, one per axis of x ${formatShape(shape)}`,
        got: `${formatShape(before)} and ${formatShape(after)}`,
      });
    }
    // Reflection doesn't repeat the edge, so it needs one element more than it adds.
    const least = { constant: () => 0, replicate: (n: number) => (n > 0 ? 1 : 0), reflect: (n: number) => (n > 0 ? n + 1 : 0) }[
      mode
    ];
    const tooSmall = shape.findIndex((size, i) => size < least(Math.max(sizeAt(before, i), sizeAt(after, i))));
    if (tooSmall >= 0) {
      throw new ShapeError("pad", {
        rule: `mode "${mode}" must not add more than axis ${tooSmall} of size ${shape[tooSmall]} can give`,
        got: `${before[tooSmall]} and ${after[tooSmall]}`,
      });
    }
    return [{ shape: shape.map((size, i) => size + sizeAt(before, i) + sizeAt(after, i)), dtype }];
  },
  vjp: {
    x: {
      saves: [],
      grad: ({ dy, spec, attrs: { before, after, mode } }) => padGrad(dy, { before, after, mode, shape: spec(0).shape }),
    },
  },
});

export interface PadOptions {
  /** Default: "constant". */
  readonly mode?: PadMode;
  /** Default: 0. */
  readonly value?: number;
}

/**
 * Adds before[i] and after[i] elements around axis i: a constant, the mirrored inside or the edge repeated. Negative numbers
 * take elements away. @throws ShapeError unless there is one integer per axis and x has what is mirrored or taken away.
 */
export function pad(x: Tensor, before: readonly number[], after: readonly number[], options: PadOptions = {}): Tensor {
  const { mode = "constant", value = 0 } = options;
  const isCropped = [...before, ...after].some((n) => n < 0);
  if (!isCropped) return apply1(padOp, [x], { before, after, mode, value });
  const added = (sizes: readonly number[]) => sizes.map((n) => Math.max(n, 0));
  return crop(apply1(padOp, [x], { before: added(before), after: added(after), mode, value }), before, after);
}

/** Takes away what is negative in `before` and `after`. */
function crop(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  const starts = before.map((n) => Math.max(-n, 0));
  const sizes = x.shape.map((size, i) => size - sizeAt(starts, i) + Math.min(sizeAt(after, i), 0));
  if (sizes.every((size) => size >= 0)) return slice(x, starts, sizes);
  throw new ShapeError("pad", {
    rule: `negative before and after must not take away more than x ${formatShape(x.shape)} has`,
    got: `${formatShape(before)} and ${formatShape(after)}`,
  });
}
