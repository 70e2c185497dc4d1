import { type Device, type FusedTable, OPS, type OpName } from "@vertebra/core";
import { runSubject, type Subject } from "./case-run";
import { resultSpecs } from "./case-values";
import { CASES } from "./cases/index";
import type { Cases } from "./cases/types";
import { evaluateOn } from "./evaluate";
import { checkGradient, expectationOf, type Reference, referenceOf } from "./expectation";
import { FUSED_NAMES, fusedSubjects } from "./fused";
import { HALVES, halfSubject } from "./half";
import { type CaseOutcome, type Report, summarize } from "./report";

/** A case that a device is known to fail, and why. It is run all the same: a skip that passes is a failure. */
export interface Skip {
  readonly device: string;
  readonly op: string;
  /** Default: all cases of the op. */
  readonly case?: string;
  readonly reason: string;
  readonly issue: string;
}

export type TestedOp = OpName | keyof FusedTable;

/** What `runOps` can be asked for: every op, then the fused kernels. */
export const TESTED_OPS: readonly TestedOp[] = [...(Object.keys(OPS) as OpName[]), ...FUSED_NAMES];

export interface RunOptions {
  /** Default: all. A device that lacks a fused kernel has no cases of it. */
  readonly ops?: readonly TestedOp[];
  readonly skips?: readonly Skip[];
  /** Called after every case of every device. */
  readonly onCase?: (outcome: CaseOutcome) => void;
}

/**
 * Runs every case of every op on every device: values and vector-Jacobian products against the f64 reference, a second run bit
 * by bit, and memory; and the reference's own derivatives against central differences.
 */
export async function runOps(devices: readonly Device[], { ops, skips = [], onCase }: RunOptions = {}): Promise<Report> {
  const outcomes: CaseOutcome[] = [];
  const done = (outcome: CaseOutcome): void => {
    outcomes.push(outcome);
    onCase?.(outcome);
  };
  const isFused = (name: TestedOp): name is keyof FusedTable => !Object.hasOwn(OPS, name);
  for (const op of ops ?? TESTED_OPS) {
    if (isFused(op)) continue;
    for (const one of (CASES[op] as Cases<unknown>).cases) {
      const reference = await referenceOf(op, one);
      const wrong = checkGradient(reference);
      if (wrong) done(referenceOutcome(op, one.name, wrong));
      const subjects = new Map(devices.map(({ floatDtype }) => [floatDtype, subjectOf(reference, floatDtype)]));
      for (const device of devices) {
        const reason = missing(device, reference);
        const base = { device: device.name, op, case: one.name, fraction: 0, failures: [] };
        if (reason) {
          done({ ...base, outcome: "skipped", reason });
          continue;
        }
        done(applySkips(await runSubject(device, subjects.get(device.floatDtype) as Subject), skips));
        for (const subject of halfSubjects(device, reference)) done(applySkips(await runSubject(device, subject), skips));
      }
    }
  }
  const fused = ops?.filter(isFused);
  for (const device of fused?.length === 0 ? [] : devices)
    for (const subject of fusedSubjects(device))
      if (fused?.some((name) => name === subject.op) ?? true) done(applySkips(await runSubject(device, subject), skips));
  return summarize(devices, outcomes);
}

/** The case in those dtypes of 16 bits that the device's kernel takes. */
const halfSubjects = (device: Device, reference: Reference): Subject[] =>
  HALVES.filter((dtype) => device.takesHalf?.(reference.op, dtype)).flatMap(
    (dtype) => halfSubject(reference, dtype, device) ?? [],
  );

function subjectOf(reference: Reference, floatDtype: "f32" | "f64"): Subject {
  const { op, one, arguments: arguments_, gradient } = reference;
  return {
    ...expectationOf(reference, floatDtype),
    op,
    name: one.name,
    reason: (CASES[op] as Cases<unknown>).tolerance.reason,
    grads: gradient?.grads ?? [],
    evaluate: (device) => evaluateOn(device, op, arguments_, one.attrs, gradient?.dy),
  };
}

/** A known failure counts as skipped; one that is no longer there as a failure. */
function applySkips(outcome: CaseOutcome, skips: readonly Skip[]): CaseOutcome {
  const { device, op, case: name } = outcome;
  const skip = skips.find((row) => row.device === device && row.op === op && (row.case ?? name) === name);
  if (!skip) return outcome;
  if (outcome.outcome === "failed")
    return { ...outcome, outcome: "skipped", reason: `${skip.reason} (${skip.issue})`, failures: [] };
  const message = `${op} ${name}: passes on ${device} though it is skipped for "${skip.reason}" (${skip.issue}); remove the skip`;
  return { ...outcome, outcome: "failed", failures: [{ device, op, case: name, kind: "skip", message, error: 0, bound: 0 }] };
}

/** What the device declares that it can't do. */
function missing(device: Device, { op, one, arguments: arguments_ }: Reference): string | undefined {
  if (one.special && device.features.includes("finite-math")) return "finite-math: no NaN or infinities";
  const results = resultSpecs(op, arguments_, one.attrs, device.floatDtype);
  const dtypes = [...arguments_, ...results].flatMap(({ dtype }) => (dtype === "float" ? [] : [dtype]));
  const unknown = dtypes.find((dtype) => !device.dtypes.includes(dtype));
  return unknown && `no ${unknown}`;
}

function referenceOutcome(op: string, name: string, text: string): CaseOutcome {
  const message = `${op} ${name}: ${text}`;
  const failure = { device: "reference", op, case: name, kind: "gradcheck", message, error: 0, bound: 0 } as const;
  return { device: "reference", op, case: name, outcome: "failed", fraction: Number.POSITIVE_INFINITY, failures: [failure] };
}
