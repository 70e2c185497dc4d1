import type { DType } from "../dtype";
import { ArgumentError } from "../errors";
import { requireExactly } from "../ops/rules";
import { scatterAdd } from "../ops/scatterAdd";
import type { Tensor } from "../tensor";
import { ones } from "./creation";
import { unsqueeze } from "./squeeze";

/** Rows that are 1 at the index and 0 elsewhere: indices i32 [...] → float [..., classes]. @throws DTypeError unless i32. */
export function oneHot(indices: Tensor, classes: number, { dtype }: { readonly dtype?: DType } = {}): Tensor {
  requireExactly("oneHot", "indices", indices, "i32");
  if (!Number.isInteger(classes) || classes < 1) {
    throw new ArgumentError("oneHot", { rule: "classes must be an integer ≥ 1", got: `${classes}` });
  }
  const at = unsqueeze(indices, -1);
  const one = ones(at.shape, { device: indices.device, dtype: dtype ?? indices.device.floatDtype });
  return scatterAdd(one, at, { axis: indices.shape.length, shape: [...indices.shape, classes] });
}
