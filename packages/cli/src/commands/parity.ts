import { type Device, seedInit, sgd, unknownName } from "@vertebra/core";
import { BLOCKS, createModel } from "@vertebra/models";
import {
  type CaseOutcome,
  type GoldenReport,
  goldenFolder,
  type ModelCase,
  type Report,
  runGoldens,
  runModels,
  runOps,
  runTraining,
  TESTED_OPS,
  type TestedOp,
  type TrainingCase,
} from "@vertebra/parity";
import type { Command } from "../commands";
import { device } from "../devices";
import { imageNetPreset } from "../images/golden-preset";
import { factsOf } from "../known-models";
import type { OptionsOf } from "../options";
import type { Output } from "../output";
import { printReport } from "../parity-report";
import { asUsageError, UsageError } from "../usage-error";

/** Compared where no models are named: one of each kind. */
const DEFAULT_MODELS = ["lenet5", "resnet18"] as const;
export const parity: Command<"parity"> = async ({ options, output }) => {
  const run = planOf(options);
  const devices: Device[] = [];
  try {
    for (const name of options.devices ?? [options.device ?? "auto"]) devices.push(await device(name, options));
    const report = await run(devices, progressOn(output));
    output.json(report);
    if (!output.isJson) printReport(report, output);
    return report.failed === 0 ? 0 : 1;
  } finally {
    for (const opened of devices) await opened.close();
  }
};

type Plan = (devices: readonly Device[], onCase: (outcome: CaseOutcome) => void) => Promise<Report | GoldenReport>;

/** What to run. @throws UsageError before a device is opened. */
function planOf({ goldens, ops, models }: OptionsOf<"parity">): Plan {
  if (goldens !== undefined) {
    if (ops ?? models)
      throw new UsageError("vertebra parity", { rule: "--goldens must stand without --ops and --models", got: "both" });
    return (devices, onCase) => runGoldens(goldenFolder(goldens), devices, { blocks: BLOCKS, preset: imageNetPreset, onCase });
  }
  // Left out, they are all, with the fused kernels that a device has.
  const opNames = ops?.map(requireOp) ?? (models ? [] : undefined);
  const cases = (models ?? (ops ? [] : DEFAULT_MODELS)).map(modelCase);
  return async (devices, onCase) => {
    return joinReports([
      await runOps(devices, { ...(opNames && { ops: opNames }), onCase }),
      await runModels(devices, cases, { onCase }),
      await runTraining(devices, cases.filter(isQuick).map(trainingCase), { onCase }),
    ]);
  };
}

function requireOp(name: string): TestedOp {
  const known = TESTED_OPS.find((op) => op === name);
  if (known) return known;
  throw asUsageError(unknownName("vertebra parity", "--ops", name, TESTED_OPS));
}

/** A model on four small images: batch norm over fewer values magnifies rounding too much to tell anything. */
export function modelCase(name: string): ModelCase {
  const { inputShape, smallSide } = factsOf("vertebra parity", name);
  const make = (on: Device) => {
    // The same weights on every device.
    seedInit(0);
    return createModel(name, { device: on, numClasses: 10 });
  };
  return { name, make, input: [4, inputShape[0], smallSide, smallSide] };
}

/** Twenty steps on the f64 reference, four times over, take minutes for anything larger. */
const isQuick = ({ name }: ModelCase): boolean => name === "lenet5";

const trainingCase = (one: ModelCase): TrainingCase => ({
  ...one,
  name: `${one.name} training`,
  optimizer: (model) => sgd(model, { lr: 0.01, momentum: 0.9 }),
});

export function joinReports(reports: readonly Report[]): Report {
  const total = (key: "passed" | "failed" | "skipped") => reports.reduce((sum, report) => sum + report[key], 0);
  return {
    devices: reports[0]?.devices ?? [],
    passed: total("passed"),
    failed: total("failed"),
    skipped: total("skipped"),
    worst: reports.flatMap(({ worst }) => worst),
    failures: reports.flatMap(({ failures }) => failures),
  };
}

export function progressOn(output: Output): (outcome: CaseOutcome) => void {
  let done = 0;
  return ({ op, case: name }) => output.live(`  ${++done} cases  ${op}  ${name}`.slice(0, output.width - 1));
}
