import { type Device, type Module, noGrad, scoped, tensor } from "@vertebra/core";
import { downloadProgress } from "./download-progress";
import { resolveWeights } from "./hub/download-weights";
import { buildModel, factsOf, sizesFor } from "./known-models";
import type { Output } from "./output";
import { type Checkpoint, loadWeights, openCheckpoint, type TrainingRecord } from "./training/checkpoint";
import { UsageError } from "./usage-error";

/** A model with weights, at evaluation. */
export interface TrainedModel {
  readonly model: Module;
  /** Where `vertebra train` wrote the file. */
  readonly record: TrainingRecord | undefined;
  /** [C, H, W] the model was published for. */
  readonly inputShape: readonly [number, number, number];
  readonly numClasses: number;
  readonly inChannels: number;
}

export interface TrainedModelOptions {
  readonly where: string;
  readonly name: string;
  /** A path, or an hf:// address. */
  readonly weights: string;
  readonly numClasses?: number | undefined;
  readonly device: Device;
  /** Where a download shows how far it is. */
  readonly output?: Output;
}

/**
 * A model by name with the weights of a file, sized as the weights are.
 * @throws UsageError for an unknown name, or a checkpoint of another model. @throws ArgumentError listing all that doesn't fit.
 */
export async function loadTrainedModel({
  where,
  name,
  weights,
  numClasses,
  device,
  output,
}: TrainedModelOptions): Promise<TrainedModel> {
  const facts = factsOf(where, name);
  const path = await resolveWeights(weights, { onProgress: output && downloadProgress(output, weights) });
  const checkpoint: Checkpoint = await openCheckpoint(path);
  const { record } = checkpoint;
  if (record !== undefined && record.model !== name) {
    throw new UsageError(where, { rule: `MODEL must be the checkpoint's, ${record.model}`, got: `"${name}"` });
  }
  const found = sizesFor(facts, checkpoint.weights, device);
  const sizes = { ...found, numClasses: numClasses ?? found.numClasses };
  const model = buildModel(name, sizes, device);
  loadWeights(path, model, checkpoint.weights);
  model.eval();
  return { model, record, inputShape: facts.inputShape, ...sizes };
}

/** Logits [N, C] of images [N, C, H, W]. Waits for the device. */
export async function runModel(
  model: Module,
  images: Float32Array,
  shape: readonly number[],
  device: Device,
): Promise<Float32Array> {
  const logits = noGrad(() => scoped(() => model.forward(tensor(images, { shape, device }))));
  try {
    return Float32Array.from(await logits.data());
  } finally {
    logits.dispose();
  }
}
