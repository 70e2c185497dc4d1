import {
  ArgumentError,
  type ErrorFields,
  generatorState,
  type HostTensor,
  type LoadOptions,
  type LoadReport,
  type LossScalerState,
  type Module,
  type Optimizer,
  StateDictError,
  type StateValue,
  toInt64,
  toMemoryTensor,
  VertebraError,
  writeSafetensors,
} from "@vertebra/core";
import { usingWeights } from "../open-file";
import { shortened } from "../shortened";
import { type BuildOptions, isBuildOptions } from "../weights-metadata";
import { writeAtomically } from "../write-atomically";
import type { Preprocessing } from "./data";
import type { TrainingSettings } from "./settings";

/** The next batch to train on. */
export interface Position {
  readonly epoch: number;
  readonly batch: number;
  /** Steps taken so far. */
  readonly step: number;
}

/** All that isn't a tensor: with the tensors, enough to go on as if nothing had happened. */
export interface TrainingRecord {
  readonly model: string;
  readonly numClasses: number;
  readonly inChannels: number;
  /** The model's, besides its sizes; none in files of before there were any. */
  readonly options?: BuildOptions | undefined;
  readonly preprocessing: Preprocessing;
  readonly classes: readonly string[];
  readonly settings: TrainingSettings;
  readonly position: Position;
  /** Of a run in f16. */
  readonly scaler?: LossScalerState;
  /** Of dropout: i32 [seed low, seed high, stream, counter]. */
  readonly generator: readonly number[];
}

export interface Checkpoint {
  readonly weights: ReadonlyMap<string, StateValue>;
  readonly optimizer: ReadonlyMap<string, StateValue>;
  /** Undefined for a file that training didn't write: weights only. */
  readonly record: TrainingRecord | undefined;
}

/** Tensors of the optimizer have this in front; the others are the model's, under their own names. */
const OPTIMIZER = "optimizer.";
const RECORD = "vertebra.training";
/** Of batch norm; int64 in PyTorch's files. */
const COUNTER = "num_batches_tracked";

export interface TrainingState {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly record: Omit<TrainingRecord, "generator">;
}

/**
 * Saves a training run as one safetensors file, atomically: any reader of weights can use it as it is.
 * @throws ArgumentError if a weight isn't finite (a good checkpoint isn't overwritten by a ruined one), or the file can't be written.
 */
export async function saveCheckpoint(path: string, { model, optimizer, record }: TrainingState): Promise<void> {
  const tensors: [string, HostTensor][] = [];
  for (const [name, value] of model.stateDict()) {
    const host = { dtype: value.dtype, shape: value.shape, bytes: await value.bytes() };
    requireFinite(path, name, host);
    tensors.push([name, name.endsWith(COUNTER) ? toInt64({ ...host, dtype: "i32" }) : host]);
  }
  for (const [name, value] of await optimizer.stateDict()) tensors.push([OPTIMIZER + name, value]);
  const device = model.parameters()[0]?.device;
  const generator = Array.from(await generatorState(device).data());
  const metadata = [
    ["format", "pt"],
    [RECORD, JSON.stringify({ ...record, generator })],
  ] as const;
  await writeAtomically(path, writeSafetensors(tensors, metadata));
}

/** Reads weights and, where training wrote the file, what resuming needs. @throws FileFormatError, ArgumentError */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  return usingWeights(path, async (file) => {
    const [weights, optimizer] = [new Map<string, StateValue>(), new Map<string, StateValue>()];
    for (const name of file.entries.keys()) {
      const isOptimizer = name.startsWith(OPTIMIZER);
      const value = toMemoryTensor(path, name, await file.read(name));
      if (isOptimizer) optimizer.set(name.slice(OPTIMIZER.length), value);
      else weights.set(name, value);
    }
    return { weights, optimizer, record: readRecord(path, file.metadata) };
  });
}

/** Puts weights into a model. @throws ArgumentError naming the file and all that doesn't fit. */
export const loadWeights = (path: string, model: Module, weights: Checkpoint["weights"], options: LoadOptions = {}): LoadReport =>
  withPath(path, () => model.loadStateDict(weights, options));

/** Names the file in errors about weights that don't fit. @throws ArgumentError */
export function withPath<T>(path: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    if (!(error instanceof VertebraError)) throw error;
    throw new ArgumentError(path, { ...error.fields, ...shortenedMisfit(error), fix: "Is it of this model?" });
  }
}

/** Of another model's weights hundreds of names don't fit: enough of them to see whose they are. */
function shortenedMisfit(error: VertebraError): Pick<ErrorFields, "got"> {
  if (!(error instanceof StateDictError && error.misfit)) return {};
  const { missing, unexpected, mismatched } = error.misfit;
  const list = (title: string, names: readonly string[], separator?: string) =>
    names.length === 0 ? [] : [`${title} (${names.length}): ${shortened(names, separator ? { separator } : {})}`];
  return {
    got: [...list("missing", missing), ...list("unexpected", unexpected), ...list("mismatched", mismatched, "; ")].join("; "),
  };
}

function requireFinite(path: string, name: string, { dtype, bytes }: HostTensor): void {
  if (dtype !== "f32") return;
  const wrong = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4).findIndex(
    (value) => !Number.isFinite(value),
  );
  if (wrong < 0) return;
  const rule = `weights must be finite to be saved`;
  throw new ArgumentError(path, {
    rule,
    got: `a NaN or infinity in ${name} at ${wrong}`,
    fix: "A file that was there before is unchanged",
  });
}

/** What training wrote of itself; undefined for other files. @throws ArgumentError if it isn't whole. */
export function readRecord(path: string, metadata: ReadonlyMap<string, string>): TrainingRecord | undefined {
  const json = metadata.get(RECORD);
  if (json === undefined) return undefined;
  try {
    const record = JSON.parse(json) as TrainingRecord;
    const { position, generator, classes, settings, preprocessing, scaler, options = {} } = record;
    const counts = [record.numClasses, record.inChannels, position.epoch, position.batch, position.step];
    const isWhole =
      typeof record.model === "string" &&
      counts.every((value) => Number.isSafeInteger(value) && value >= 0) &&
      generator.length === 4 &&
      generator.every(Number.isInteger) &&
      Array.isArray(classes) &&
      typeof settings.lr === "number" &&
      (scaler === undefined || (scaler.factor > 0 && Number.isSafeInteger(scaler.streak))) &&
      isBuildOptions(options) &&
      Array.isArray(preprocessing.mean);
    // Files of before there was a choice.
    if (isWhole) return { ...record, settings: { ...settings, precision: settings.precision ?? "f32" } };
  } catch {
    // Not JSON, or a field that isn't there: said below.
  }
  throw new ArgumentError(path, {
    rule: `the metadata ${RECORD} must be as \`vertebra train\` writes it`,
    got: json.slice(0, 80),
  });
}
