import type { FusedTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { ACTIVATIONS } from "./activations";
import { planConvolution } from "./conv2d";

/** y = activation(conv(x, weight) · scale + shift + residual); scale and shift [O], residual, which may be missing, like y. */
export const conv2dFused: Plan<FusedTable["conv2dFused"]> = ([x, weight, scale, shift, residual], [y], attrs, workers) =>
  x && weight && scale && shift && y
    ? planConvolution(
        { x, weight, y },
        attrs,
        [scale.pointer, shift.pointer, residual?.pointer ?? 0, ACTIVATIONS[attrs.activation]],
        workers,
      )
    : null;
