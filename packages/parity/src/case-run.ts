import type { Device } from "@vertebra/core";
import { compareArrays, type Deviation } from "./compare";
import type { Evaluation } from "./evaluate";
import type { Values } from "./reference/values";
import type { CaseOutcome, Failure, FailureKind } from "./report";
import type { Bound, Precision } from "./tolerance";

/** One case on one device: what it should give and how to run it. */
export interface Subject {
  readonly op: string;
  readonly name: string;
  /** Where the bounds come from. */
  readonly reason: string;
  readonly results: readonly Values[];
  readonly bounds: readonly Bound[];
  readonly grads: readonly (Values | undefined)[];
  readonly gradientBounds: readonly Bound[];
  readonly precision: Precision;
  readonly evaluate: (device: Device) => Promise<Evaluation>;
}

/** Runs a case twice: values, gradients, the same bits again, and no memory left over. */
export async function runSubject(device: Device, subject: Subject): Promise<CaseOutcome> {
  const run = new CaseRun(device, subject);
  await run.run();
  const { failures, fraction } = run;
  return {
    device: device.name,
    op: subject.op,
    case: subject.name,
    outcome: failures.length > 0 ? "failed" : "passed",
    fraction,
    failures,
  };
}

class CaseRun {
  readonly failures: Failure[] = [];
  fraction = 0;

  constructor(
    readonly device: Device,
    readonly subject: Subject,
  ) {}

  async run(): Promise<void> {
    const { device, subject } = this;
    try {
      const first = await subject.evaluate(device);
      const before = device.memory().buffers;
      const second = await subject.evaluate(device);
      this.#checkMemory(device.memory().buffers - before);
      this.#checkValues(first);
      this.#checkGradients(first);
      this.#checkRepeat(first, second);
    } catch (error) {
      this.#fail("error", error instanceof Error ? error.message : String(error));
    }
  }

  #checkValues({ results }: Evaluation): void {
    const { subject } = this;
    for (const [i, expected] of subject.results.entries()) {
      const [actual, bound] = [results[i] as Values, subject.bounds[i] as Bound];
      this.#judge("value", `result ${i}`, compareArrays(actual.data, expected, bound, subject.precision), subject.reason);
    }
  }

  #checkGradients({ grads }: Evaluation): void {
    const { subject } = this;
    for (const [i, expected] of subject.grads.entries()) {
      if (!expected) continue;
      const [actual, bound, what] = [grads[i], subject.gradientBounds[i] as Bound, `gradient by argument ${i}`];
      if (!actual) this.#fail("gradient", `there is no ${what}`);
      else this.#judge("gradient", what, compareArrays(actual.data, expected, bound, subject.precision), "what each op allows");
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
    const { op, name } = this.subject;
    const device = this.device.name;
    this.failures.push({ device, op, case: name, kind, message: `${op} ${name} on ${device}: ${text}`, error, bound });
  }
}
