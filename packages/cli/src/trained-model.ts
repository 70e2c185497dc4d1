import { type Device, type Module, noGrad, scoped, tensor } from "@vertebra/core";
import type { ModelFacts, Preprocessing } from "@vertebra/models";
import { downloadProgress } from "./download-progress";
import { resolveWeights } from "./hub/download-weights";
import { buildFitting, buildOptionsOf, factsOf, fittingModel, publishedPreprocessing, readInto } from "./known-models";
import { usingWeights } from "./open-file";
import type { JsonObject } from "./option-types";
import type { Output } from "./output";
import { inPrecision, type PrecisionName } from "./precision";
import { readRecord, type TrainingRecord } from "./training/checkpoint";
import { UsageError } from "./usage-error";
import { readWeightsMetadata, type WeightsMetadata } from "./weights-metadata";

/** A model with weights, at evaluation. */
export interface TrainedModel {
  readonly model: Module;
  /** Where `vertebra train` wrote the file. */
  readonly record: TrainingRecord | undefined;
  /** What the file says of itself. */
  readonly metadata: WeightsMetadata;
  readonly facts: ModelFacts;
  /** Of the published weights, where these may be they. */
  readonly published: Preprocessing | undefined;
  readonly numClasses: number;
  readonly inChannels: number;
}

export interface TrainedModelOptions {
  readonly where: string;
  readonly name: string;
  /** A path, or an hf:// address. */
  readonly weights: string;
  readonly numClasses?: number | undefined;
  /** The model's own, besides those that its file tells. */
  readonly options?: JsonObject | undefined;
  readonly device: Device;
  /** Where a download shows how far it is. */
  readonly output?: Output;
}

/**
 * A model by name with the weights of a file of any format, built as the weights need it.
 * @throws UsageError for an unknown name, or weights of another model. @throws ArgumentError listing all that doesn't fit.
 */
export async function loadTrainedModel({
  where,
  name,
  weights,
  numClasses,
  options,
  device,
  output,
}: TrainedModelOptions): Promise<TrainedModel> {
  const facts = factsOf(where, name);
  const asked = buildOptionsOf(where, options);
  const path = await resolveWeights(weights, { onProgress: output && downloadProgress(output, weights) });
  return usingWeights(path, async (file) => {
    const record = readRecord(path, file.metadata);
    const metadata = readWeightsMetadata(path, file.metadata);
    const trained = record?.model ?? metadata.model;
    if (trained !== undefined && trained !== name) {
      throw new UsageError(where, { rule: `MODEL must be the checkpoint's, ${trained}`, got: `"${name}"` });
    }
    const fitting = await fittingModel(facts, file, { path, numClasses, options: { ...record?.options, ...asked } });
    const model = buildFitting(name, fitting, device);
    await readInto(model, file, { path });
    model.eval();
    const published = publishedPreprocessing(facts, file, fitting.rules);
    return { model, record, metadata, facts, published, numClasses: fitting.numClasses, inChannels: fitting.inChannels };
  });
}

export interface ModelInput {
  /** [N, C, H, W] */
  readonly shape: readonly number[];
  readonly images: Float32Array;
  readonly device: Device;
  readonly precision: PrecisionName;
}

/** Logits [N, C]. Waits for the device. */
export async function runModel(model: Module, { images, shape, device, precision }: ModelInput): Promise<Float32Array> {
  const forward = () => model.forward(tensor(images, { shape, device }));
  const logits = noGrad(() => scoped(() => inPrecision(precision, forward)));
  try {
    return Float32Array.from(await logits.data());
  } finally {
    logits.dispose();
  }
}
