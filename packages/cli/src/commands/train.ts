import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Device } from "@vertebra/core";
import type { Dataset } from "@vertebra/data";
import type { Command, CommandContext } from "../commands";
import { usingDevice } from "../devices";
import { formatCount, formatPercent } from "../format";
import { Interrupt } from "../interrupt";
import { buildOptionsOf, factsOf } from "../known-models";
import { flagOf, type OptionKey, type OptionsOf } from "../options";
import type { Output } from "../output";
import { requireOtherFile } from "../output-path";
import { type Checkpoint, openCheckpoint, type TrainingRecord } from "../training/checkpoint";
import { hasSplit, loadData, preprocessingFor } from "../training/data";
import { TrainingSession } from "../training/session";
import { settingsOf, type TrainingSettings } from "../training/settings";
import { startFrom } from "../training/start-from";
import { UsageError } from "../usage-error";
import type { BuildOptions } from "../weights-metadata";

type Context = CommandContext<"train">;
type Options = OptionsOf<"train">;

export const train: Command<"train"> = async (context) => {
  const { options, output } = context;
  const checkpoint = options.resume === undefined ? undefined : await openCheckpoint(options.resume);
  const plan = planOf(context, checkpoint);
  const { model, settings } = plan;
  const out = outPath(options, model);
  if (options.startWeights !== undefined) await requireOtherFile(WHERE, out, [options.startWeights]);
  using interrupt = new Interrupt(() => output.warn("\nStopping after this step; once more to stop at once."));
  // Awaited here, or the signals would have their usual meaning back too early.
  return await usingDevice(options.device, { ...options, output }, async (device) => {
    const dataset = await loadData(settings.data, "train");
    const testSet = hasSplit(settings.data, "test") ? await loadData(settings.data, "test") : undefined;
    const record = checkpoint?.record ? { ...checkpoint.record, settings } : newRecord(plan, dataset);
    introduce(output, { record, device, dataset, out, resumed: options.resume });
    const session = new TrainingSession({
      device,
      output,
      interrupt,
      dataset,
      testSet,
      record,
      checkpoint,
      resumedFrom: options.resume,
      out,
      saveEvery: options.saveEvery,
    });
    const start = options.startWeights && (await startFrom(session.model, options.startWeights, output));
    const isDone = await session.train();
    const last = session.epochs.at(-1);
    output.json({
      model,
      data: settings.data,
      device: device.name,
      ...(start && { start }),
      finished: isDone,
      steps: session.position.step,
      epochs: session.epochs,
      testAccuracy: last?.test?.accuracy ?? null,
      checkpoint: out,
    });
    session.dispose();
    if (isDone) sayResult(output, last?.test?.accuracy, out);
    else output.warn(`Stopped after step ${session.position.step}. Go on with: vertebra train ${model} --resume ${out}`);
    return isDone ? 0 : 1;
  });
};

const WHERE = "vertebra train";

interface Plan {
  readonly model: string;
  /** The model's, besides its sizes. */
  readonly options: BuildOptions | undefined;
  readonly settings: TrainingSettings;
}

/** What to train: as given, or as the checkpoint says, which may not be contradicted where that would make it another run. */
function planOf({ args, options }: Context, checkpoint: Checkpoint | undefined): Plan {
  const where = WHERE;
  const [name] = args;
  const own = buildOptionsOf(where, options.options);
  if (checkpoint === undefined) {
    if (name === undefined)
      throw new UsageError(where, { rule: "MODEL must be given", got: "none", fix: "`vertebra models` lists them" });
    return { model: factsOf(where, name).name, options: own, settings: settingsOf(options) };
  }
  if (options.startWeights !== undefined) {
    const fix = "Leave one of them out";
    throw new UsageError(where, { rule: "--weights starts a run, --resume goes on with one", got: "both", fix });
  }
  const { record } = checkpoint;
  if (record === undefined) {
    const fix = "Only checkpoints that `vertebra train` wrote can be resumed";
    throw new UsageError(where, {
      rule: "--resume must name a training checkpoint",
      got: `${options.resume}, weights only`,
      fix,
    });
  }
  if (name !== undefined && name !== record.model) {
    throw new UsageError(where, { rule: `MODEL must be the checkpoint's, ${record.model}`, got: `"${name}"` });
  }
  refuseContradictions(options, record.settings);
  if (own !== undefined && !isDeepStrictEqual(own, record.options ?? {})) {
    const rule = `--options must be what the run was begun with, ${JSON.stringify(record.options ?? {})}`;
    throw new UsageError(`${where} --resume`, { rule, got: JSON.stringify(own), fix: "Leave it out" });
  }
  const { settings } = record;
  return {
    model: record.model,
    options: record.options,
    settings: { ...settings, epochs: options.epochs ?? settings.epochs, data: options.data ?? settings.data },
  };
}

function refuseContradictions(options: Options, settings: TrainingSettings): void {
  for (const [key, began] of Object.entries(settings)) {
    const given = options[key as keyof Options];
    // More epochs, or the same files elsewhere: the rest goes on as it was.
    if (given === undefined || given === began || key === "epochs" || key === "data") continue;
    const rule = `--${flagOf(key as OptionKey)} must be what the run was begun with, ${began}`;
    throw new UsageError("vertebra train --resume", { rule, got: `${given}`, fix: "Leave it out" });
  }
}

function newRecord({ model, options, settings }: Plan, dataset: Dataset): Omit<TrainingRecord, "generator"> {
  return {
    model,
    numClasses: dataset.classes?.length ?? 0,
    inChannels: dataset.shape[0],
    ...(options && { options }),
    preprocessing: preprocessingFor(settings.data, dataset),
    classes: dataset.classes ?? [],
    settings,
    position: { epoch: 0, batch: 0, step: 0 },
  };
}

/** `--out` as a file; in a folder, or without it, named after the model. A resumed run goes on in its file. */
function outPath({ out, resume }: Options, model: string): string {
  if (out === undefined) return resume ?? `${model}.safetensors`;
  const isFolder = /[/\\]$/.test(out) || (existsSync(out) && statSync(out).isDirectory());
  return isFolder ? join(out, `${model}.safetensors`) : out;
}

interface Introduction {
  readonly record: Omit<TrainingRecord, "generator">;
  readonly device: Device;
  readonly dataset: Dataset;
  readonly out: string;
  readonly resumed: string | undefined;
}

function introduce(output: Output, { record, device, dataset, out, resumed }: Introduction): void {
  const { model, settings, position } = record;
  const { optimizer, lr, schedule, batchSize, seed, data, limit } = settings;
  const images = formatCount(Math.min(limit ?? dataset.length, dataset.length));
  output.say(`Training ${output.paint("bold", model)} on ${images} images of ${data}, on ${device.name} (${device.adapter}).`);
  output.say(
    output.paint("dim", `${optimizer}, lr ${lr}, ${schedule}, batches of ${batchSize}, seed ${seed}. Checkpoint: ${out}`),
  );
  if (resumed !== undefined) output.say(`Resuming ${resumed} after step ${position.step}.`);
}

function sayResult(output: Output, accuracy: number | undefined, out: string): void {
  if (accuracy !== undefined) output.say(`test accuracy ${formatPercent(accuracy)}`);
  output.say(`Saved ${out}`);
}
