import type { Tensor } from "@vertebra/core";
import type { Attrs } from "./attrs";
import type { Inputs } from "./inputs";

/** One tensor; several in order (`y0`, `y1`, …); or by the row's names. */
export type Results = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** Numbers of a row's file by name: inputs without `in.`, outputs without `out.`. */
export interface StoredNumbers {
  readonly inputs: ReadonlyMap<string, ArrayLike<number>>;
  readonly outputs: ReadonlyMap<string, ArrayLike<number>>;
}

/**
 * A PyTorch call as a Vertebra call: reads all attributes and inputs, then returns what runs it, so that whatever a row asks for
 * and we lack is known before anything runs.
 */
export type GoldenOp = (attrs: Attrs, inputs: Inputs, stored: StoredNumbers) => () => Results;
