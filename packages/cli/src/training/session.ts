import { type Device, generatorState, LossScaler, manualSeed, type Optimizer, seedInit } from "@vertebra/core";
import { type Dataset, loadBatches } from "@vertebra/data";
import type { Classifier } from "@vertebra/models";
import { formatCount, formatDuration, formatPercent } from "../format";
import type { Interrupt } from "../interrupt";
import { buildModel } from "../known-models";
import type { Output } from "../output";
import { ProgressBar } from "../progress-bar";
import { type Checkpoint, loadWeights, type Position, saveCheckpoint, type TrainingRecord } from "./checkpoint";
import { type Evaluation, evaluate } from "./evaluate";
import { NonFiniteLossError } from "./non-finite";
import { makeOptimizer, scheduleOf } from "./settings";
import { imagesPerEpoch, type StepReport, stepsPerEpoch, type TrainingRun, train } from "./train";

/** Images at a time where no gradients are needed. */
export const EVALUATION_BATCH = 250;

export interface EpochResult {
  /** From 1 on. */
  readonly epoch: number;
  /** Means over the epoch's training steps (of this run, where it was resumed in the middle). */
  readonly loss: number;
  readonly accuracy: number;
  readonly imagesPerSecond: number;
  readonly test?: Evaluation;
}

export interface SessionOptions {
  readonly device: Device;
  readonly output: Output;
  readonly interrupt: Interrupt;
  readonly dataset: Dataset;
  readonly testSet: Dataset | undefined;
  /** What to train and how far it has come. */
  readonly record: Omit<TrainingRecord, "generator">;
  /** Tensors to go on from. */
  readonly checkpoint?: Checkpoint | undefined;
  readonly resumedFrom?: string | undefined;
  /** The checkpoint's path. */
  readonly out: string;
  /** Steps between saves, besides those after each epoch. */
  readonly saveEvery?: number | undefined;
}

/** A training run from the command line: shows progress, saves, evaluates after each epoch and stops where it is told to. */
export class TrainingSession {
  readonly model: Classifier;
  readonly epochs: EpochResult[] = [];
  readonly #options: SessionOptions;
  readonly #optimizer: Optimizer;
  /** Small gradients vanish in f16; bf16 has the range of f32. */
  readonly #scaler: LossScaler | undefined;
  readonly #run: TrainingRun;
  #position: Position;

  constructor(options: SessionOptions) {
    const { device, record, checkpoint, dataset } = options;
    const { settings, preprocessing, position } = record;
    this.#options = options;
    this.#position = position;
    seedInit(settings.seed);
    manualSeed(settings.seed, device);
    this.model = buildModel(record.model, record, device);
    this.#optimizer = makeOptimizer(this.model, settings);
    this.#scaler = settings.precision === "f16" ? new LossScaler() : undefined;
    if (checkpoint) this.#restore(options.resumedFrom ?? "", checkpoint);
    const { epochs, batchSize, seed, limit } = settings;
    const size = { dataset, batchSize, limit: limit ?? undefined };
    const schedule = scheduleOf(settings, stepsPerEpoch(size));
    this.#run = {
      ...size,
      model: this.model,
      optimizer: this.#optimizer,
      device,
      precision: settings.precision,
      scaler: this.#scaler,
      preprocessing,
      schedule,
      epochs,
      seed,
      from: position,
    };
  }

  get position(): Position {
    return this.#position;
  }

  /** Trains to the last epoch. False if a signal stopped it; then, too, the checkpoint is what training came to. */
  async train(): Promise<boolean> {
    const { interrupt, saveEvery } = this.#options;
    let epoch = this.#beginEpoch();
    try {
      for await (const report of train(this.#run)) {
        this.#position = report.next;
        epoch.add(report);
        if (report.isEndOfEpoch) {
          await this.save();
          await this.#endEpoch(epoch, report.epoch);
          epoch = this.#beginEpoch();
        } else if (interrupt.signal) await this.save();
        else if (saveEvery !== undefined && report.next.step % saveEvery === 0) await this.save();
        if (interrupt.signal) return this.#position.epoch === this.#run.epochs;
      }
    } catch (error) {
      throw error instanceof NonFiniteLossError ? await this.#keepBefore(error) : error;
    }
    return true;
  }

  save(): Promise<void> {
    const { out, record } = this.#options;
    const { model } = this;
    const scaler = this.#scaler && { scaler: this.#scaler.state };
    return saveCheckpoint(out, { model, optimizer: this.#optimizer, record: { ...record, ...scaler, position: this.#position } });
  }

  /** Frees the model and the optimizer's state. */
  dispose(): void {
    this.#optimizer.dispose();
    this.model.dispose();
  }

  /** Saves the weights of before the step that failed, unless they are ruined too; either way the error is that of the step. */
  async #keepBefore(error: NonFiniteLossError): Promise<NonFiniteLossError> {
    const { out } = this.#options;
    const saved = await this.save().then(
      () => `They are saved in ${out}`,
      (problem: Error) => `Nothing was saved (${problem.message})`,
    );
    return new NonFiniteLossError(error.where, { ...error.fields, fix: `${error.fields.fix}. ${saved}` });
  }

  #restore(path: string, { weights, optimizer, record }: Checkpoint): void {
    loadWeights(path, this.model, weights);
    this.#optimizer.loadStateDict(optimizer);
    if (this.#scaler && record?.scaler) this.#scaler.state = record.scaler;
    if (record) generatorState(this.#options.device).write(record.generator);
  }

  #beginEpoch(): EpochProgress {
    const { epoch, batch } = this.#position;
    const { batchSize, epochs } = this.#run;
    const title = `epoch ${String(epoch + 1).padStart(String(epochs).length)}/${epochs}`;
    return new EpochProgress(new ProgressBar(this.#options.output, title, imagesPerEpoch(this.#run), batch * batchSize));
  }

  async #endEpoch(progress: EpochProgress, epoch: number): Promise<void> {
    const { bar, loss, accuracy } = progress;
    const { output } = this.#options;
    const { rate, seconds } = bar;
    const test = await this.#evaluate();
    this.epochs.push({ epoch: epoch + 1, loss, accuracy, imagesPerSecond: rate, ...(test && { test }) });
    const measures = [`loss ${loss.toFixed(4)}`, `acc ${formatPercent(accuracy)}`];
    if (test) measures.push(output.paint("bold", `test accuracy ${formatPercent(test.accuracy)}`));
    bar.end(`${bar.title}  ${[...measures, `${formatCount(rate)} img/s`, formatDuration(seconds)].join("  ")}`);
  }

  async #evaluate(): Promise<Evaluation | undefined> {
    const { testSet, device, output, record, interrupt } = this.#options;
    if (testSet === undefined) return undefined;
    const bar = new ProgressBar(output, "testing  ", testSet.length);
    const { mean, std, padding } = record.preprocessing;
    const loader = loadBatches(testSet, { batchSize: EVALUATION_BATCH, mean, std, padding });
    let seen = 0;
    const onBatch = (images: number) => {
      if (output.isLive) bar.add(images - seen);
      seen = images;
      return interrupt.signal === undefined;
    };
    return evaluate(this.model, loader, { device, precision: record.settings.precision, onBatch });
  }
}

/** Means over the steps of an epoch, and its bar. */
class EpochProgress {
  #images = 0;
  #lossSum = 0;
  #correct = 0;

  constructor(readonly bar: ProgressBar) {}

  get loss(): number {
    return this.#lossSum / this.#images;
  }

  get accuracy(): number {
    return this.#correct / this.#images;
  }

  add(report: StepReport): void {
    this.#images += report.size;
    this.#lossSum += report.loss * report.size;
    this.#correct += report.correct;
    this.bar.add(report.size, report);
  }
}
