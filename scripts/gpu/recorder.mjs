import { emptyStep, isWanted, MOST_STARTS, readStep, writeStep } from "./step-file.mjs";

/** Runs the cases of a step, writes each result down at once, and passes over those that an earlier run has written down. */
export class Recorder {
  #file;
  #isCut = false;
  #started = Date.now();
  #secondsBefore;

  /** @param {{ step: string, path: string, bundle: string, deadline: number, only?: string[], say?: (line: string) => void }} options */
  constructor({ step, path, bundle, deadline, only, say = () => {} }) {
    this.path = path;
    this.deadline = deadline;
    this.only = only;
    this.say = say;
    this.#file = readStep(path, bundle) ?? emptyStep(step, bundle);
    this.#file.state = "running";
    this.#file.error = undefined;
    this.#secondsBefore = this.#file.seconds;
  }

  get secondsLeft() {
    return (this.deadline - Date.now()) / 1000;
  }

  /** Whether a case is still to be done: it is asked for, and has no result. */
  isOpen(key) {
    return isWanted(key, this.only) && !(key in this.#file.records);
  }

  /**
   * Runs `fn` and keeps what it returns; what it throws is the case's failure. Without time for it the case stays open.
   * @param {number} [secondsNeeded] what it is likely to take
   */
  async record(key, fn, secondsNeeded = 0) {
    if (!this.isOpen(key)) return;
    if (this.secondsLeft <= secondsNeeded) {
      this.#isCut = true;
      return;
    }
    const starts = (this.#file.begun[key] ?? 0) + 1;
    if (starts > MOST_STARTS) {
      this.#keep(key, { ok: false, error: `was begun ${MOST_STARTS} times and ended the process, or outlasted its time` });
      return;
    }
    this.#file.begun[key] = starts;
    this.#save();
    const start = Date.now();
    const result = await fn().catch((error) => ({ ok: false, error: error instanceof Error ? error.message : String(error) }));
    // Ended because the time is up: that says nothing about the case.
    if (result.isCut) this.#isCut = true;
    else this.#keep(key, { ...result, seconds: (Date.now() - start) / 1000 });
  }

  /** The state that the step ends in. */
  finish() {
    this.#file.state = this.#isCut ? "out of time" : this.only ? "partial" : "finished";
    this.#save();
    return this.#file.state;
  }

  /** The step can't go on in this process. */
  crash(error) {
    this.#file.state = "crashed";
    this.#file.error = error instanceof Error ? error.message : String(error);
    this.#save();
  }

  #keep(key, record) {
    this.#file.records[key] = record;
    this.#save();
    const { ok, error, skipped, seconds = 0, brief = "" } = record;
    const word = ok === false ? "FAILED" : skipped === undefined ? "ok" : "skipped";
    const [why] = (error ?? skipped ?? brief).split("\n", 1);
    this.say(`  ${key}: ${word} ${seconds.toFixed(1)} s  ${why.slice(0, 200)}`.trimEnd());
  }

  #save() {
    this.#file.seconds = this.#secondsBefore + (Date.now() - this.#started) / 1000;
    writeStep(this.path, this.#file);
  }
}
