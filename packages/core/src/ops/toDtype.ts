import { apply1 } from "../apply";
import type { DType } from "../dtype";
import { defineOp } from "../op";
import type { TensorSpec } from "../shape";
import type { Tensor } from "../tensor";

export interface ToDtypeAttrs {
  readonly dtype: DType;
}

export const toDtypeOp = defineOp<ToDtypeAttrs>()({
  name: "toDtype",
  inputs: ["x"],
  outputs: ["y"],
  moves: true,
  precision: "own",
  infer: ([x], { dtype }) => [{ shape: (x as TensorSpec).shape, dtype }],
  vjp: {
    x: {
      saves: [],
      grad: ({ dy, spec }) => toDtype(dy, spec(0).dtype),
    },
  },
});

/**
 * Converts the elements. To f16 and bf16 rounds to nearest even (past the range: infinity), to integers truncates towards
 * zero, to bool is x ≠ 0. The gradient is converted back.
 */
export const toDtype = (x: Tensor, dtype: DType): Tensor => (x.dtype === dtype ? x : apply1(toDtypeOp, [x], { dtype }));
