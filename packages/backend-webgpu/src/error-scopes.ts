/** Hears of an error, with what was said of it. What it does about it belongs to the call. */
export type OnError = (message: string, isOutOfMemory: boolean) => void | Promise<void>;

/** The class by its name: in Node it isn't global. */
export const isOutOfMemory = (error: GPUError): boolean => error.constructor.name === "GPUOutOfMemoryError";

/** Error scopes around single calls: they tell which call failed, where an uncaptured error says only that something did. */
export class ErrorScopes {
  readonly #open = new Set<Promise<void>>();

  constructor(readonly gpu: GPUDevice) {}

  /** @returns what `fn` gives. `onError` hears later of errors of these kinds in it. */
  watch<T>(kinds: readonly GPUErrorFilter[], fn: () => T, onError: OnError): T {
    for (const kind of kinds) this.gpu.pushErrorScope(kind);
    try {
      return fn();
    } finally {
      for (const _ of kinds) this.#pop(onError);
    }
  }

  /** Resolves when it is known of every call so far how it went. */
  async settled(): Promise<void> {
    await Promise.all(this.#open);
  }

  /** Calls `fn` when it is known of every call so far how it went: what follows from a failure is often heard of first. */
  afterwards(fn: () => void): void {
    this.#await(this.settled().then(fn));
  }

  #pop(onError: OnError): void {
    const answered = this.gpu.popErrorScope().then(
      (error) => (error ? onError(error.message, isOutOfMemory(error)) : undefined),
      // The device is gone; whoever waits for it hears of it.
      () => {},
    );
    this.#await(answered);
  }

  #await(answered: Promise<void>): void {
    const done = answered.finally(() => this.#open.delete(done));
    this.#open.add(done);
  }
}
