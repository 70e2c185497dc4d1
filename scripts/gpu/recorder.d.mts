import type { CaseRecord, State } from "./step-file.mjs";

export interface RecorderOptions {
  readonly step: string;
  readonly path: string;
  readonly bundle: string;
  /** In milliseconds of `Date.now()`. */
  readonly deadline: number;
  readonly only?: readonly string[];
  readonly say?: (line: string) => void;
}

export class Recorder {
  constructor(options: RecorderOptions);
  readonly secondsLeft: number;
  isOpen(key: string): boolean;
  record(key: string, fn: () => Promise<CaseRecord & { readonly isCut?: boolean }>, secondsNeeded?: number): Promise<void>;
  crash(error: unknown): void;
  finish(): State;
}
