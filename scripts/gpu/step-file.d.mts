export type State = "running" | "finished" | "partial" | "out of time" | "crashed";

/** What is known of one case: `ok` false is a failure, `skipped` says why there was nothing to do. Steps add fields of their own. */
export interface CaseRecord {
  readonly ok?: boolean;
  readonly error?: string;
  readonly skipped?: string;
  readonly seconds?: number;
  readonly [field: string]: unknown;
}

/** What one step has left behind. */
export interface StepFile {
  readonly step: string;
  readonly bundle: string;
  readonly state: State;
  readonly error?: string;
  readonly seconds: number;
  /** By case. */
  readonly records: Readonly<Record<string, CaseRecord>>;
  /** How often a case was started, which tells those that end the process. */
  readonly begun: Readonly<Record<string, number>>;
}

export function readStep(path: string, bundle?: string): StepFile | undefined;
