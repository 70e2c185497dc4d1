/**
 * Ctrl-C (SIGINT) and SIGTERM as a wish that a loop looks at when it can stop. The second one ends the process at once.
 * Dispose to give the signals their usual meaning back.
 */
export class Interrupt {
  #signal: NodeJS.Signals | undefined;
  readonly #onFirst: () => void;
  readonly #listen = (signal: NodeJS.Signals) => {
    if (this.#signal !== undefined) process.exit(1);
    this.#signal = signal;
    this.#onFirst();
  };

  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
    process.on("SIGINT", this.#listen);
    process.on("SIGTERM", this.#listen);
  }

  /** The signal that came, if one did. */
  get signal(): NodeJS.Signals | undefined {
    return this.#signal;
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#listen);
    process.off("SIGTERM", this.#listen);
  }
}
