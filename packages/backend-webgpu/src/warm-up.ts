import { ArgumentError } from "@vertebra/core";
import type { Failures } from "./failures";

/** Work in call order that waits until its kernels are compiled, all at once and in the background. */
interface HeldWork {
  /** The first batch that it can be in. */
  readonly from: number;
  readonly pipelines: Promise<void>[];
  readonly calls: (() => void)[];
}

/** Holds work back while its kernels are compiled. */
export class WarmUp {
  /** What is held back now. */
  held: HeldWork | undefined;
  /** Resolves when nothing is held back any more. */
  done: Promise<void> | undefined;

  constructor(
    readonly failures: Failures,
    /** Submits the batch being recorded. @returns its number. */
    readonly endBatch: () => number,
  ) {}

  /** Runs `fn` once its kernels are compiled. @throws what failed in it, ArgumentError if it is asynchronous. */
  async run(fn: () => unknown): Promise<void> {
    this.held ??= { from: this.endBatch() + 1, pipelines: [], calls: [] };
    const done = (this.done ??= this.#catchUp(this.held));
    let result: unknown;
    try {
      result = fn();
    } finally {
      await done;
    }
    if (result instanceof Promise) throw new ArgumentError("warmUp", { rule: "fn must be synchronous", got: "a promise" });
  }

  /** Puts `call` behind what waits for kernels; false if nothing does. */
  hold(call: () => void): boolean {
    this.held?.calls.push(call);
    return this.held !== undefined;
  }

  /** Does what was held back, in call order, as soon as its kernels are there. */
  async #catchUp(held: HeldWork): Promise<void> {
    // Begins when whoever asked has returned.
    await undefined;
    while (held.pipelines.length > 0) await Promise.all(held.pipelines.splice(0));
    this.held = undefined;
    this.done = undefined;
    let failure: Error | undefined;
    for (const call of held.calls) {
      try {
        call();
      } catch (error) {
        if (failure) continue;
        failure = error as Error;
        // So that nothing is computed with what wasn't.
        this.failures.lose(failure, held.from);
      }
    }
    // Of a device that was lost or closed meanwhile everybody hears by himself.
    if (!failure || this.failures.ended) return;
    this.failures.lose(failure, held.from);
    throw failure;
  }
}
