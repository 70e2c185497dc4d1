import type { Device } from "@vertebra/core";

export interface CaseOutcome {
  readonly device: string;
  readonly op: string;
  readonly case: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it was skipped. */
  readonly reason?: string;
  /** Worst error as a fraction of its bound. */
  readonly fraction: number;
  readonly failures: readonly Failure[];
}

export type FailureKind = "value" | "gradient" | "gradcheck" | "repeat" | "memory" | "error" | "skip";

export interface Failure {
  readonly device: string;
  readonly op: string;
  readonly case: string;
  readonly kind: FailureKind;
  readonly message: string;
  readonly error: number;
  readonly bound: number;
}

export interface Report {
  readonly devices: readonly string[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Worst case of each op on each device. */
  readonly worst: readonly { readonly device: string; readonly op: string; readonly case: string; readonly fraction: number }[];
  readonly failures: readonly Failure[];
}

/** Counts outcomes and finds each op's worst case. */
export function summarize(devices: readonly Device[], outcomes: readonly CaseOutcome[]): Report {
  const count = (kind: CaseOutcome["outcome"]) => outcomes.filter(({ outcome }) => outcome === kind).length;
  const worst = new Map<string, CaseOutcome>();
  for (const outcome of outcomes) {
    const key = `${outcome.device} ${outcome.op}`;
    if (outcome.outcome !== "skipped" && outcome.fraction > (worst.get(key)?.fraction ?? -1)) worst.set(key, outcome);
  }
  return {
    devices: devices.map(({ name }) => name),
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
    worst: [...worst.values()].map(({ device, op, case: name, fraction }) => ({ device, op, case: name, fraction })),
    failures: outcomes.flatMap(({ failures }) => failures),
  };
}
