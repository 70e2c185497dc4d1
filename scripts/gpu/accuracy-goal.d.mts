export interface Epoch {
  /** Of training alone. */
  readonly seconds: number;
  /** Fraction of the test images. */
  readonly accuracy: number;
}

export const GOAL: number;
export function secondsTo(epochs: readonly Epoch[], accuracy: number): number | undefined;
