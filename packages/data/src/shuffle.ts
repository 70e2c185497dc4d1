import { ArgumentError, Philox } from "@vertebra/core";

/** Philox streams from here on are the loader's, so that shuffles never repeat the words of weights or dropout. */
export const SHUFFLE_STREAMS = 2 ** 31;

export interface ShuffleOptions {
  readonly seed: bigint | number;
  /** 0 ≤ epoch < 2³¹. */
  readonly epoch: number;
}

/**
 * The order of an epoch: a permutation of 0 … length − 1 from Philox stream 2³¹ + epoch, the same on every machine.
 * @throws ArgumentError if epoch is out of range.
 */
export function shuffledOrder(length: number, { seed, epoch }: ShuffleOptions): Uint32Array {
  if (!Number.isInteger(epoch) || epoch < 0 || epoch >= 2 ** 31) {
    throw new ArgumentError("shuffledOrder", { rule: "epoch must be an integer from 0 to 2^31 − 1", got: String(epoch) });
  }
  return new Philox(seed, SHUFFLE_STREAMS + epoch).permutation(length);
}
