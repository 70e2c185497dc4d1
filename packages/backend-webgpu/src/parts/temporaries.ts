import { DTYPES, type DType } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { GpuOperand } from "../launch";

/** Memory for a value between two calls. */
export type Temporary = (shape: readonly number[], dtype: DType) => GpuOperand;

/** Memory between calls that run in the order they are made in: what one is done with, those behind it may have. */
export class Temporaries {
  readonly #idle: GpuOperand[] = [];
  readonly #taken: GpuOperand[] = [];

  constructor(readonly make: Temporary) {}

  readonly take: Temporary = (shape, dtype) => {
    const bytes = bytesOf({ shape, dtype });
    const at = this.#idle.findIndex((one) => bytesOf(one) === bytes);
    const [idle] = at < 0 ? [] : this.#idle.splice(at, 1);
    const taken = idle ? { ...idle, shape, dtype } : this.make(shape, dtype);
    this.#taken.push(taken);
    return taken;
  };

  /** Gives back one that is taken. */
  give({ memory }: GpuOperand): void {
    const at = this.#taken.findIndex((one) => one.memory === memory);
    if (at >= 0) this.#idle.push(...this.#taken.splice(at, 1));
  }

  /** Runs `fn`, and gives back what it takes. */
  inTurn<T>(fn: () => T): T {
    const before = this.#taken.length;
    const result = fn();
    this.#idle.push(...this.#taken.splice(before));
    return result;
  }
}

export const bytesOf = ({ shape, dtype }: Pick<GpuOperand, "shape" | "dtype">): number => product(shape) * DTYPES[dtype].bytes;
