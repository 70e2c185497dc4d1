import type { Device, LossScaler, Optimizer, Schedule } from "@vertebra/core";
import { type Dataset, loadBatches } from "@vertebra/data";
import type { Classifier } from "@vertebra/models";
import type { PrecisionName } from "../precision";
import type { Position } from "./checkpoint";
import type { Preprocessing } from "./data";
import { type BatchResult, trainStep } from "./step";

export interface TrainingRun {
  readonly model: Classifier;
  readonly optimizer: Optimizer;
  readonly device: Device;
  readonly precision: PrecisionName;
  /** For f16. */
  readonly scaler: LossScaler | undefined;
  readonly dataset: Dataset;
  readonly preprocessing: Preprocessing;
  /** Learning rate of each step, from 0 on. */
  readonly schedule: Schedule;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Only the first images. */
  readonly limit?: number | undefined;
  /** The next batch: where a checkpoint left off. Default: the first. */
  readonly from?: Position;
}

/** One step that was taken, and where that leaves the run. */
export interface StepReport extends BatchResult {
  /** Of this step, from 0 on. */
  readonly epoch: number;
  readonly batch: number;
  /** Images of the batch. */
  readonly size: number;
  readonly lr: number;
  /** What `from` must be to go on after this step. */
  readonly next: Position;
  readonly isEndOfEpoch: boolean;
}

/** Images of one epoch. */
export const imagesPerEpoch = ({ dataset, limit }: Pick<TrainingRun, "dataset" | "limit">): number =>
  Math.min(limit ?? dataset.length, dataset.length);

/** Steps of one epoch; the last batch may be smaller. */
export const stepsPerEpoch = (run: Pick<TrainingRun, "dataset" | "limit" | "batchSize">): number =>
  Math.ceil(imagesPerEpoch(run) / run.batchSize);

/**
 * Trains, one step per iteration; the event loop gets its turn between steps. Whoever iterates may save, evaluate or stop there:
 * the model is then exactly what `next` says. The same seed gives the same steps, whatever the number of threads or stops.
 * @throws NonFiniteLossError with the step and the layer; the model stays as it was before that step.
 */
export async function* train(run: TrainingRun): AsyncGenerator<StepReport, void, undefined> {
  const { model, optimizer, device, precision, scaler, schedule, from = { epoch: 0, batch: 0, step: 0 } } = run;
  const batches = stepsPerEpoch(run);
  let step = from.step;
  for (let epoch = from.epoch; epoch < run.epochs; epoch++) {
    for await (const batch of epochBatches(run, epoch, epoch === from.epoch ? from.batch : 0)) {
      const lr = schedule(step);
      optimizer.lr = lr;
      model.train();
      const result = await trainStep({ model, optimizer, device, precision, scaler, step: step + 1 }, batch);
      step++;
      const isEndOfEpoch = batch.index === batches - 1;
      const next = isEndOfEpoch ? { epoch: epoch + 1, batch: 0, step } : { epoch, batch: batch.index + 1, step };
      yield { ...result, epoch, batch: batch.index, size: batch.size, lr, next, isEndOfEpoch };
    }
  }
}

function epochBatches({ dataset, batchSize, seed, limit, preprocessing }: TrainingRun, epoch: number, skipBatches: number) {
  const { mean, std, padding } = preprocessing;
  return loadBatches(dataset, {
    batchSize,
    shuffle: true,
    seed,
    epoch,
    skipBatches,
    mean,
    std,
    padding,
    ...(limit && { limit }),
  });
}
