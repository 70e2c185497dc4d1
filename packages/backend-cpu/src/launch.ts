import type { DType } from "@vertebra/core";

/** What a plan returns: dispatch allocates the scratch, puts its pointer into `ints[scratchAt]`, and launches. */
export interface Launch {
  /** Name of the kernel's export. */
  readonly entry: string;
  /** The argument struct's int32 and pointer words, in order. */
  readonly ints: readonly number[];
  /** The argument struct's floats, which stand behind all words. */
  readonly floats?: readonly number[];
  readonly scratchBytes?: number;
  /** Index in `ints` of the scratch pointer. */
  readonly scratchAt?: number;
  /** Constant tables, too long for words: dispatch copies them into the scratch's allocation, each 16-byte aligned. */
  readonly tables?: readonly (Int32Array | Float32Array)[];
  /** Index in `ints` of the first table's pointer; the others' follow in order. */
  readonly tablesAt?: number;
}

/** One buffer as a plan sees it. */
export interface CpuOperand {
  readonly pointer: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** A pure function from operands to a launch; null when there is nothing to do (an empty output). */
export type Plan<Attrs> = (
  inputs: readonly CpuOperand[],
  outputs: readonly CpuOperand[],
  attrs: Attrs,
  workers: number,
) => Launch | null;
