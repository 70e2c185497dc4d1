import type { Device } from "@vertebra/core";
import { deviceWith } from "../device-with";
import { type CaseOutcome, type Failure, type FailureKind, type Report, summarize } from "../report";
import { Lacking } from "./attrs";
import { compareGolden } from "./compare";
import { type GoldenRow, type GoldenSource, parseManifest } from "./manifest";
import { type Blocks, isRefusal, type Replayed, replay } from "./replay";
import { parseRowFile, type RowFile } from "./row-file";
import { scheduleFromTorch } from "./schedules";

/** A U8 image [C, H, W] preprocessed by a row's attributes; undefined for one it can't do. Comes from the data package. */
export type ImagePreset = (
  image: { readonly shape: readonly number[]; readonly bytes: Uint8Array },
  attrs: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>> | undefined>;

export interface GoldenOptions {
  /** Blocks for `module` rows; those not here are lacking. */
  readonly blocks?: Blocks;
  /** For `imagenet_preset` rows; lacking without it. */
  readonly preset?: ImagePreset;
  readonly onCase?: (outcome: CaseOutcome) => void;
}

export interface GoldenReport extends Report {
  /** Rows that ask for what Vertebra doesn't have, once each whatever the devices. */
  readonly lacking: readonly { readonly op: string; readonly case: string; readonly what: string }[];
}

/** Replays the rows of a manifest on every device. */
export async function runGoldens(
  source: GoldenSource,
  devices: readonly Device[],
  options: GoldenOptions = {},
): Promise<GoldenReport> {
  const rows = parseManifest(await source.read("manifest.json"));
  const outcomes: CaseOutcome[] = [];
  const lacking: { op: string; case: string; what: string }[] = [];
  // float32 rows show what f32 arithmetic does; a device of doubles runs them in f32 storage.
  const inFloat = new Map(
    devices.map((device) => [device, device.floatDtype === "f32" ? device : deviceWith(device, { floatDtype: "f32" })]),
  );
  for (const row of rows) {
    const file = parseRowFile(row.file === undefined ? undefined : await source.read(row.file), `${row.case}: ${row.file}`);
    for (const device of devices) {
      try {
        const on = row.compare === "float32" ? (inFloat.get(device) as Device) : device;
        const outcome = await new RowRun(row, file, on, options).run();
        outcomes.push(outcome);
        options.onCase?.(outcome);
      } catch (error) {
        if (!(error instanceof Lacking)) throw error;
        lacking.push({ op: row.op, case: row.case, what: error.message });
        break;
      }
    }
  }
  return { ...summarize(devices, outcomes), lacking };
}

/** One row on one device. */
class RowRun {
  readonly failures: Failure[] = [];
  fraction = 0;

  constructor(
    readonly row: GoldenRow,
    readonly file: RowFile,
    readonly device: Device,
    readonly options: GoldenOptions,
  ) {}

  /** @throws Lacking */
  async run(): Promise<CaseOutcome> {
    const { row, device } = this;
    const base = { device: device.name, op: row.op, case: row.case };
    if (row.compare === "float32" && device.features.includes("finite-math")) {
      return { ...base, outcome: "skipped", reason: "finite-math: no NaN or infinities", fraction: 0, failures: [] };
    }
    try {
      await this.#compare();
    } catch (error) {
      if (error instanceof Lacking) throw error;
      this.#fail("error", error instanceof Error ? error.message : String(error));
    }
    return { ...base, outcome: this.failures.length > 0 ? "failed" : "passed", fraction: this.fraction, failures: this.failures };
  }

  async #compare(): Promise<void> {
    const { row } = this;
    if (row.op === "lr_schedule") return this.#compareSchedule();
    if (row.op === "imagenet_preset") return this.#comparePreset();
    if (row.compare === "error") return this.#expectRefusal();
    const replayed = await replay(row, this.file, this.device, this.options.blocks ?? {});
    this.#compareOutputs(replayed.outputs);
    this.#compareGradients(replayed);
  }

  async #expectRefusal(): Promise<void> {
    try {
      await replay(this.row, this.file, this.device, this.options.blocks ?? {});
    } catch (error) {
      if (isRefusal(error)) return;
      throw error;
    }
    this.#fail("value", "the call must be refused with an error, and is not");
  }

  #compareSchedule(): void {
    const schedule = scheduleFromTorch(this.row.attrs);
    if (!schedule) throw new Lacking(`schedule ${JSON.stringify(this.row.attrs)}`);
    const expected = this.row.values ?? [];
    this.#judge(
      "the rate of epoch ",
      expected.map((_, epoch) => schedule(epoch)),
      expected,
      this.row.tolerance,
    );
  }

  async #comparePreset(): Promise<void> {
    const image = this.file.inputs.get("x");
    const made = image && (await this.options.preset?.(image, this.row.attrs));
    if (!made) throw new Lacking("imagenet_preset");
    for (const name of Object.keys(this.row.outputs)) if (!made[name]) throw new Lacking(`output ${name}`);
    this.#compareOutputs(new Map(Object.entries(made)));
  }

  #compareOutputs(outputs: Replayed["outputs"]): void {
    const isFloat = this.row.compare === "float32";
    for (const [name, { tolerance }] of Object.entries(this.row.outputs)) {
      const expected = (isFloat ? this.file.expected("out32", name) : undefined) ?? this.file.expected("out", name);
      const actual = outputs.get(name);
      if (!expected || !actual) throw new Lacking(`output ${name}`);
      if (actual.shape.join() !== expected.shape.join()) {
        this.#fail("value", `${name} has shape [${actual.shape}], PyTorch's has [${expected.shape}]`);
      } else this.#judge(`${name}`, actual.data, expected.data, tolerance);
    }
  }

  #compareGradients({ gradients }: Replayed): void {
    const isFloat = this.row.compare === "float32";
    for (const [name, { tolerance }] of Object.entries(this.row.gradients)) {
      const expected = (isFloat ? this.file.expected("grad32", name) : undefined) ?? this.file.expected("grad", name);
      if (!expected) throw new Lacking(`gradient ${name}`);
      const x = this.file.numbers.inputs.get(name);
      const isTooLarge = (i: number) => isFloat && !(Math.abs(x?.[i] ?? 0) <= 1e4);
      const actual = gradients.get(name) ?? new Float64Array(expected.data.length);
      this.#judge(`the gradient of ${name}`, actual, expected.data, tolerance, isTooLarge);
    }
  }

  #judge(
    what: string,
    actual: ArrayLike<number>,
    expected: ArrayLike<number>,
    tolerance: number | undefined,
    skip?: (i: number) => boolean,
  ): void {
    const kind: FailureKind = what.includes("gradient") ? "gradient" : "value";
    const worst = compareGolden(actual, expected, { mode: this.row.compare, tolerance, ...(skip && { skip }) });
    this.fraction = Math.max(this.fraction, worst.fraction);
    if (worst.fraction <= 1 && actual.length === expected.length) return;
    const { index, error, bound } = worst;
    this.#fail(
      kind,
      `${what}[${index}] is ${worst.actual}, PyTorch's is ${worst.expected}: an error of ${error.toPrecision(3)}, allowed ${bound.toPrecision(3)}`,
      error,
      bound,
    );
  }

  #fail(kind: FailureKind, text: string, error = 0, bound = 0): void {
    const { row, device } = this;
    this.failures.push({
      device: device.name,
      op: row.op,
      case: row.case,
      kind,
      message: `${row.op} ${row.case} on ${device.name}: ${text}`,
      error,
      bound,
    });
  }
}
