import type { Device, OpName } from "@vertebra/core";
import { OPS } from "@vertebra/core";
import { resultSpecs } from "./case-values";
import { CASES } from "./cases/index";
import type { Cases } from "./cases/types";
import { compareArrays, type Deviation } from "./compare";
import { type Evaluation, evaluateOn } from "./evaluate";
import { checkGradient, type Expectation, expectationOf, type Reference, referenceOf } from "./expectation";

/** A case that a device is known to fail, and why. It is run all the same: a skip that passes is a failure. */
export interface Skip {
  readonly device: string;
  readonly op: OpName;
  /** Default: all cases of the op. */
  readonly case?: string;
  readonly reason: string;
  readonly issue: string;
}

export interface RunOptions {
  /** Default: all. */
  readonly ops?: readonly OpName[];
  readonly skips?: readonly Skip[];
  /** Called after every case of every device. */
  readonly onCase?: (outcome: CaseOutcome) => void;
}

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

/**
 * Runs every case of every op on every device: values and vector-Jacobian products against the f64 reference, a second run bit
 * by bit, and memory; and the reference's own derivatives against central differences.
 */
export async function runOps(devices: readonly Device[], options: RunOptions = {}): Promise<Report> {
  const outcomes: CaseOutcome[] = [];
  for (const op of options.ops ?? (Object.keys(OPS) as OpName[])) {
    for (const one of (CASES[op] as Cases<unknown>).cases) {
      const reference = await referenceOf(op, one);
      const wrong = checkGradient(reference);
      if (wrong) done(referenceOutcome(op, one.name, wrong));
      const expectations = new Map(devices.map(({ floatDtype }) => [floatDtype, expectationOf(reference, floatDtype)]));
      for (const device of devices) {
        const expectation = expectations.get(device.floatDtype) as Expectation;
        done(await runCase(device, reference, expectation, options.skips ?? []));
      }
    }
  }
  return summarize(devices, outcomes);

  function done(outcome: CaseOutcome): void {
    outcomes.push(outcome);
    options.onCase?.(outcome);
  }
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

async function runCase(
  device: Device,
  reference: Reference,
  expectation: Expectation,
  skips: readonly Skip[],
): Promise<CaseOutcome> {
  const { op, one } = reference;
  const cannot = missing(device, reference);
  if (cannot) return { device: device.name, op, case: one.name, outcome: "skipped", reason: cannot, fraction: 0, failures: [] };
  const { failures, fraction } = await new CaseRun(device, reference, expectation).run();
  const skip = skips.find((row) => row.device === device.name && row.op === op && (row.case ?? one.name) === one.name);
  const outcome = { device: device.name, op, case: one.name, fraction };
  if (!skip) return { ...outcome, outcome: failures.length > 0 ? "failed" : "passed", failures };
  if (failures.length > 0) return { ...outcome, outcome: "skipped", reason: `${skip.reason} (${skip.issue})`, failures: [] };
  const message = `${op} ${one.name}: passes on ${device.name} though it is skipped for "${skip.reason}" (${skip.issue}); remove the skip`;
  return {
    ...outcome,
    outcome: "failed",
    failures: [{ device: device.name, op, case: one.name, kind: "skip", message, error: 0, bound: 0 }],
  };
}

/** What the device declares that it can't do. */
function missing(device: Device, { op, one, arguments: arguments_ }: Reference): string | undefined {
  if (one.special && device.features.includes("finite-math")) return "finite-math: no NaN or infinities";
  const results = resultSpecs(op, arguments_, one.attrs, device.floatDtype);
  const dtypes = [...arguments_, ...results].flatMap(({ dtype }) => (dtype === "float" ? [] : [dtype]));
  const unknown = dtypes.find((dtype) => !device.dtypes.includes(dtype));
  return unknown && `no ${unknown}`;
}

const referenceOutcome = (op: string, name: string, message: string): CaseOutcome => ({
  device: "reference",
  op,
  case: name,
  outcome: "failed",
  fraction: Number.POSITIVE_INFINITY,
  failures: [
    { device: "reference", op, case: name, kind: "gradcheck", message: `${op} ${name}: ${message}`, error: 0, bound: 0 },
  ],
});

/** One case on one device. */
class CaseRun {
  readonly failures: Failure[] = [];
  fraction = 0;

  constructor(
    readonly device: Device,
    readonly reference: Reference,
    readonly expectation: Expectation,
  ) {}

  async run(): Promise<this> {
    try {
      const first = await this.#evaluate();
      const before = this.device.memory().buffers;
      const second = await this.#evaluate();
      this.#checkMemory(this.device.memory().buffers - before);
      this.#checkValues(first);
      this.#checkGradients(first);
      this.#checkRepeat(first, second);
    } catch (error) {
      this.#fail("error", error instanceof Error ? error.message : String(error));
    }
    return this;
  }

  #evaluate(): Promise<Evaluation> {
    const { op, one, arguments: arguments_, gradient } = this.reference;
    return evaluateOn(this.device, op, arguments_, one.attrs, gradient?.dy);
  }

  #checkValues({ results }: Evaluation): void {
    const { expectation, reference } = this;
    const { tolerance } = CASES[reference.op] as Cases<unknown>;
    for (const [i, expected] of expectation.results.entries()) {
      const bound = expectation.bounds[i];
      const actual = results[i];
      if (!bound || !actual) continue;
      const deviation = compareArrays(actual.data, expected, bound, expectation.precision);
      this.#judge("value", `result ${i}`, deviation, tolerance.reason);
    }
  }

  #checkGradients({ grads }: Evaluation): void {
    const { gradientBounds, precision } = this.expectation;
    for (const [i, expected] of (this.reference.gradient?.grads ?? []).entries()) {
      const actual = grads[i];
      const bound = gradientBounds[i];
      if (!expected || !bound) continue;
      if (!actual) {
        this.#fail("gradient", `there is no gradient by argument ${i}`);
        continue;
      }
      this.#judge(
        "gradient",
        `gradient by argument ${i}`,
        compareArrays(actual.data, expected, bound, precision),
        "what each op allows",
      );
    }
  }

  #checkRepeat(first: Evaluation, second: Evaluation): void {
    for (const [i, bytes] of first.bytes.entries()) {
      const other = second.bytes[i] as Uint8Array;
      const at = bytes.findIndex((byte, b) => byte !== other[b]);
      if (at >= 0) this.#fail("repeat", `result ${i} has other bits on a second run, first at byte ${at}`);
    }
  }

  #checkMemory(buffers: number): void {
    if (buffers !== 0) this.#fail("memory", `${buffers} buffers are left over`);
  }

  #judge(kind: FailureKind, what: string, deviation: Deviation, reason: string): void {
    const { fraction, index, actual, expected, error, bound, isRms } = deviation;
    this.fraction = Math.max(this.fraction, fraction);
    if (fraction <= 1) return;
    const times = `${fraction.toPrecision(3)} × the bound ${bound.toPrecision(3)} (${reason})`;
    const text = isRms
      ? `${what}: the errors' root mean square is ${fraction.toPrecision(3)} × what independent roundings give (${reason})`
      : `${what}[${index}] is ${actual}, the reference ${expected}: an error of ${error.toPrecision(3)}, ${times}`;
    this.#fail(kind, text, error, bound);
  }

  #fail(kind: FailureKind, text: string, error = 0, bound = 0): void {
    const { op, one } = this.reference;
    const device = this.device.name;
    this.failures.push({ device, op, case: one.name, kind, message: `${op} ${one.name} on ${device}: ${text}`, error, bound });
  }
}
