import type { DeviceError, VertebraError } from "@vertebra/core";
import { lostValues } from "./errors";

/** A failure that nobody has been told of. */
interface Untold {
  readonly error: VertebraError;
  /** The first batch whose work is lost by it. */
  readonly from: number;
  readonly isConsequence: boolean;
}

/** Batches whose work was refused, or done on what refused work should have made. */
interface Loss {
  readonly from: number;
  readonly to: number;
  readonly error: Error;
}

/** Memory that knows when it was filled. */
interface Written {
  /** The batch of the last work that wrote it. */
  readonly writtenIn: number;
}

/**
 * What goes wrong on the GPU, which is known later than it happens: told once, to whoever uses the device next. A refused batch is
 * refused whole, so all that was written from there on is lost; it is never handed out as if it were values.
 */
export class Failures {
  /** Set for good once the device is closed or lost. Makes an error for each caller: models add where they were. */
  ended: (() => DeviceError) | undefined;
  #untold: Untold | undefined;
  readonly #losses: Loss[] = [];

  constructor(
    /** Submits the batch being recorded and begins another. @returns the number of the one that ended. */
    readonly endBatch: () => number,
  ) {}

  /** Something failed by itself; work from batch `from` on is lost. Infinity: none. */
  cause(error: VertebraError, from: number): void {
    this.#add({ error, from, isConsequence: false });
  }

  /** Something was refused, maybe because of another failure, which then tells more. */
  consequence(error: VertebraError, from: number): void {
    this.#add({ error, from, isConsequence: true });
  }

  /** @throws DeviceError if the device is closed or lost; else what nobody has been told of, naming `where` it was noticed. */
  requireUsable(where: string): void {
    if (this.ended) throw this.ended();
    if (!this.#untold) return;
    const error = this.#tell(this.#untold);
    error.message = `${error.message} (noticed at ${where})`;
    throw error;
  }

  /** @throws if the work of `batch` was lost, or something failed that is no batch's. */
  requireDone(batch: number): void {
    const untold = this.#untold;
    if (untold && (untold.from <= batch || untold.from === Number.POSITIVE_INFINITY)) throw this.#tell(untold);
    const loss = this.#lossOf(batch);
    if (loss) throw loss.error;
  }

  /** True where values of some tensors are lost. */
  get hasLosses(): boolean {
    return this.#losses.length > 0;
  }

  isLost({ writtenIn }: Written): boolean {
    return this.#lossOf(writtenIn) !== undefined;
  }

  /** @throws DeviceError if the values of an argument of `where` are lost. */
  requireKept(where: string, memories: readonly Written[]): void {
    for (const { writtenIn } of memories) {
      const loss = this.#lossOf(writtenIn);
      if (loss) throw lostValues(where, loss.error);
    }
  }

  /** Gives up what was written from batch `from` on, for an error that is told elsewhere. */
  lose(error: Error, from: number): void {
    this.#losses.push({ from, to: this.endBatch(), error });
  }

  #add(failure: Untold): void {
    // Told already: this batch held the same broken things.
    if (this.#lossOf(failure.from)) return;
    const first = this.#untold;
    const kept = first && (!first.isConsequence || failure.isConsequence) ? first : failure;
    this.#untold = { ...kept, from: Math.min(first?.from ?? failure.from, failure.from) };
  }

  #tell({ error, from }: Untold): VertebraError {
    this.#untold = undefined;
    if (from !== Number.POSITIVE_INFINITY) this.lose(error, from);
    return error;
  }

  #lossOf(batch: number): Loss | undefined {
    return this.#losses.find(({ from, to }) => from <= batch && batch <= to);
  }
}
