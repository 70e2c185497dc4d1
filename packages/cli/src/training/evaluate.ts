import { crossEntropy, type Device, type Module, noGrad, scope, tensor } from "@vertebra/core";
import type { BatchLoader } from "@vertebra/data";
import { inPrecision, type PrecisionName } from "../precision";
import { type BatchResult, countCorrect } from "./step";

export interface Evaluation {
  readonly images: number;
  readonly correct: number;
  /** Fraction of images whose most probable class is right. */
  readonly accuracy: number;
  /** Mean cross-entropy. */
  readonly loss: number;
}

export interface EvaluateOptions {
  readonly device: Device;
  readonly precision: PrecisionName;
  /** Called after each batch with the images seen so far; false stops. */
  readonly onBatch?: (images: number) => boolean;
}

/** Accuracy and mean loss over the batches of one epoch, at evaluation; undefined if `onBatch` stopped it. */
export async function evaluate(
  model: Module,
  loader: BatchLoader,
  { device, precision, onBatch }: EvaluateOptions,
): Promise<Evaluation | undefined> {
  const wasTraining = model.isTraining;
  model.eval();
  let [images, correct, lossSum] = [0, 0, 0];
  try {
    for await (const batch of loader) {
      const result = await evaluateBatch(model, batch, device, precision);
      images += batch.size;
      correct += result.correct;
      lossSum += result.loss * batch.size;
      if (onBatch?.(images) === false) return undefined;
    }
  } finally {
    model.train(wasTraining);
  }
  return { images, correct, accuracy: correct / images, loss: lossSum / images };
}

type Batch = BatchLoader extends AsyncIterable<infer B> ? B : never;

async function evaluateBatch(model: Module, batch: Batch, device: Device, precision: PrecisionName): Promise<BatchResult> {
  using _batch = scope();
  const images = tensor(batch.images, { shape: batch.shape, device });
  const labels = tensor(batch.labels, { dtype: "i32", device });
  const logits = noGrad(() => inPrecision(precision, () => model.forward(images)));
  const loss = noGrad(() => crossEntropy(logits, labels));
  return { loss: await loss.item(), correct: await countCorrect(logits, batch.labels) };
}
