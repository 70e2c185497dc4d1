import { apply1 } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { defineOp } from "../op";
import { type Shape, sizeAt, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { mul } from "./binary";
import { reshape } from "./reshape";
import { requireMapsAndChannels } from "./rules";
import { sum } from "./sum";
import { toDtype } from "./toDtype";

export const scaleShiftOp = defineOp<Record<never, never>>()({
  name: "scaleShift",
  inputs: ["x", "scale", "shift"],
  outputs: ["y"],
  precision: "own",
  infer: (specs) => {
    const [x, scale, shift] = specs as [TensorSpec, TensorSpec, TensorSpec];
    const { map } = requireMapsAndChannels("scaleShift", ["x", "scale", "shift"], specs, ["x"]);
    requirePerChannel("scaleShift", x.shape, { scale: scale.shape, shift: shift.shape });
    return [{ shape: x.shape, dtype: map }];
  },
  vjp: {
    x: {
      saves: ["scale"],
      grad: ({ dy, saved }) => mul(dy, toDtype(reshape(saved("scale"), channelShape(dy.shape)), dy.dtype)),
    },
    scale: {
      saves: ["x"],
      grad: ({ dy, saved, spec }) => {
        const wide = toDtype(dy, spec(1).dtype);
        return sum(mul(wide, toDtype(saved("x"), wide.dtype)), { axes: axesButChannels(dy.shape) });
      },
    },
    shift: {
      saves: [],
      grad: ({ dy, spec }) => sum(toDtype(dy, spec(2).dtype), { axes: axesButChannels(dy.shape) }),
    },
  },
});

/** `[1, C, 1, 1]` for [N, C, H, W]. */
export const channelShape = (shape: Shape): Shape => shape.map((size, axis) => (axis === 1 ? size : 1));

/** All axes but the channels': 0, 2, 3 for [N, C, H, W]. */
export const axesButChannels = (shape: Shape): number[] => shape.map((_, axis) => axis).filter((axis) => axis !== 1);

/** @throws ShapeError unless x is [N, C, ...] and each of `arguments_` is [C]. */
export function requirePerChannel(op: string, x: Shape, perChannel: Readonly<Record<string, Shape>>): void {
  if (x.length < 2) throw new ShapeError(op, { rule: "x must be [N, C, ...]", got: formatShape(x) });
  for (const [name, shape] of Object.entries(perChannel)) {
    if (shape.length === 1 && shape[0] === sizeAt(x, 1)) continue;
    throw new ShapeError(op, {
      rule: `${name} must be [C] = [${x[1]}]`,
      got: `${name} ${formatShape(shape)} and x ${formatShape(x)}`,
    });
  }
}

/** y = x · scale + shift by channel: x [N, C, ...], scale and shift [C], f32 beside an x of 16 bits. Batch norm at evaluation. */
export const scaleShift = (x: Tensor, scale: Tensor, shift: Tensor): Tensor => apply1(scaleShiftOp, [x, scale, shift], {});
