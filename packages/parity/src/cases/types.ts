import type { DType, KernelTable, OpName, Philox, Shape } from "@vertebra/core";
import type { Tolerance } from "../tolerance";

/** An argument of a case: made from the case's own random stream, so every device gets the same values. */
export interface CaseInput {
  readonly shape: Shape;
  /** "float": the device's own. */
  readonly dtype: "float" | DType;
  readonly values: (random: Philox, elements: number) => ArrayLike<number>;
}

export interface OpCase<Attrs> {
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  readonly attrs: Attrs;
  /** Has NaN or infinities, which a device with the feature "finite-math" need not follow. */
  readonly special?: true;
  /** Lies on a kink or tie, where the derivative is a choice: compared with the reference, not with differences. */
  readonly kink?: true;
}

/** What is asked of an op with these attributes. */
export interface Cases<Attrs> {
  readonly tolerance: Tolerance<Attrs>;
  readonly cases: readonly OpCase<Attrs>[];
}

export type OpCases<K extends OpName> = Cases<KernelTable[K]>;
