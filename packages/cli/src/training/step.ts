import {
  argmax,
  backward,
  crossEntropy,
  type Device,
  type LossScaler,
  noGrad,
  type Optimizer,
  scope,
  type Tensor,
  tensor,
} from "@vertebra/core";
import type { Batch } from "@vertebra/data";
import type { Classifier } from "@vertebra/models";
import { inPrecision, type PrecisionName } from "../precision";
import { nonFiniteLoss, rememberState } from "./non-finite";

/** What one batch gave. */
export interface BatchResult {
  /** Mean cross-entropy of the batch, with the auxiliary heads' share. */
  readonly loss: number;
  /** Images whose most probable class was right. */
  readonly correct: number;
}

export interface StepContext {
  readonly model: Classifier;
  readonly optimizer: Optimizer;
  readonly device: Device;
  readonly precision: PrecisionName;
  /** For f16. */
  readonly scaler: LossScaler | undefined;
  /** Counts from 1; for messages. */
  readonly step: number;
}

/**
 * Forward, loss and, if it is finite, backward with a step of the optimizer inside; with a scaler behind it, if the gradients are finite too.
 * @throws NonFiniteLossError naming the first layer that went wrong; the model is what it was before the step.
 */
export async function trainStep(context: StepContext, batch: Batch): Promise<BatchResult> {
  const { model, optimizer, device, precision, scaler, step } = context;
  using _step = scope();
  const images = tensor(batch.images, { shape: batch.shape, device });
  const labels = tensor(batch.labels, { dtype: "i32", device });
  const before = rememberState(model, device);
  const { loss, logits } = inPrecision(precision, () => model.trainingLoss(images, (outputs) => crossEntropy(outputs, labels)));
  const [value, correct] = await Promise.all([loss.item(), countCorrect(logits, batch.labels)]);
  if (!Number.isFinite(value)) throw await nonFiniteLoss({ model, images, before, precision, value, step });
  if (scaler) await scaler.step(optimizer, backward(scaler.scale(loss)));
  else optimizer.backwardStep(loss);
  return { loss: value, correct };
}

/** Rows of logits [N, C] whose largest value stands at the label. Waits for the device. */
export async function countCorrect(logits: Tensor, labels: Int32Array): Promise<number> {
  const predicted = await noGrad(() => argmax(logits, { axis: 1 })).data();
  return labels.reduce((count, label, n) => count + (predicted[n] === label ? 1 : 0), 0);
}
