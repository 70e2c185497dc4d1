import { expect } from "vitest";
import type { Digest, Golden } from "./goldens";

/** What is compared; PyTorch's own float32 error of each is known. */
export type Kind = keyof Golden["errors"];

/** Compares what a model computes with PyTorch's results, and keeps how near to the bounds that came. */
export class Judge {
  readonly #worst = new Map<Kind, { readonly fraction: number; readonly what: string }>();

  constructor(readonly boundOf: (kind: Kind) => number) {}

  /** The error relative to the largest value. */
  expectClose(kind: Kind, ours: readonly number[], golden: readonly number[]): void {
    this.#expectWithin(kind, largestError(ours, golden) / Math.max(...golden.map(Math.abs)), kind, { ours, golden });
  }

  /** The error relative to the tensor's norm, of samples too. */
  expectDigest(kind: Kind, ours: Digest, golden: Digest, what: string): void {
    this.#expectWithin(kind, largestError(ours, golden) / Math.max(golden[0], 1e-12), what, { ours, golden });
  }

  /** Nothing but rounding, relative to the norm of everything. */
  expectZero(kind: Kind, ours: Digest, norm: number, what: string): void {
    this.#expectWithin(kind, ours[0] / norm, what, { ours, golden: [0] });
  }

  /** How near to its bound each kind came, and where: `grads 35 % (fc.weight), logits 20 % (logits)`. */
  toString(): string {
    const worst = [...this.#worst].sort(([, a], [, b]) => b.fraction - a.fraction);
    return worst.map(([kind, { fraction, what }]) => `${kind} ${(100 * fraction).toFixed(0)} % (${what})`).join(", ");
  }

  #expectWithin(kind: Kind, error: number, what: string, { ours, golden }: Record<"ours" | "golden", readonly number[]>): void {
    const fraction = error / this.boundOf(kind);
    // Not `>`, so that NaN is kept.
    if (!(fraction <= (this.#worst.get(kind)?.fraction ?? -1))) this.#worst.set(kind, { fraction, what });
    expect(error, `${what}: ours ${ours}, PyTorch's ${golden}`).toBeLessThanOrEqual(this.boundOf(kind));
  }
}

const largestError = (ours: readonly number[], golden: readonly number[]): number =>
  Math.max(...ours.map((value, i) => Math.abs(value - (golden[i] as number))));
