import { apply } from "../apply";
import type { Device } from "../backend";
import type { DType } from "../dtype";
import { defineOp } from "../op";
import { requireValidShape, type Shape } from "../shape";
import type { Tensor } from "../tensor";

export interface FillAttrs {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly value: number;
}

export const fillOp = defineOp<FillAttrs>()({
  name: "fill",
  inputs: [],
  outputs: ["y"],
  moves: true,
  infer: (_, { shape, dtype }) => {
    requireValidShape("fill", shape);
    return [{ shape, dtype }];
  },
  vjp: null,
});

/** A tensor of `shape` with every element `value`. */
export const fill = (attrs: FillAttrs, device: Device): Tensor => apply(fillOp, [], attrs, device)[0] as Tensor;
