// A model's inference and training step on a device, as `timing.mjs` times calls.
import { autocast, crossEntropy, noGrad, scope, seedInit, sgd, tensor, valueAndGrad } from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { shown } from "./format.mjs";
import { normalTensor } from "./normals.mjs";
import { peakBytesOf, timeAnswers, timeCalls } from "./timing.mjs";

/** What runs in 16 bits, does by autocast: parameters stay f32. TF32 is the device's. */
export const inPrecision = (precision, fn) => (["f16", "bf16"].includes(precision) ? autocast({ dtype: precision }, fn) : fn());

const nothing = async () => {};

/** The case of model-cases.mjs by what it is called there. */
export const timeModel = (device, row, hooks) => ({ inference: timeInference, step: timeStep })[row.kind](device, row, hooks);

/**
 * Image on the device in, logits on the device out; `answerMs` with the logits read back. `prepare` gets the call before it is timed, `replay` gets it
 * afterwards and may add to the record.
 */
async function timeInference(device, row, { prepare = nothing, replay = nothing } = {}) {
  const { model: name, shape, precision } = row;
  seedInit(0);
  const model = createModel(name, { device }).eval();
  const own = scope();
  try {
    const image = normalTensor(device, shape);
    const forward = () => noGrad(() => inPrecision(precision, () => model.forward(image)));
    await prepare(forward);
    return { ...(await timesOf(device, row, forward)), ...(await replay(forward)) };
  } finally {
    own.end();
    model.dispose();
  }
}

/** Images and labels on the device in, loss out; `answerMs` with the loss read back after each step. */
async function timeStep(device, row, { prepare = nothing } = {}) {
  const { model: name, batch, shape, precision } = row;
  seedInit(0);
  const model = createModel(name, { device }).train();
  const optimizer = sgd(model, { lr: 1e-3, momentum: 0.9 });
  const own = scope();
  try {
    const images = normalTensor(device, shape);
    const labels = tensor(
      Int32Array.from({ length: batch }, (_, i) => i % 10),
      { dtype: "i32", device },
    );
    const lossOf = () => model.trainingLoss(images, (logits) => crossEntropy(logits, labels)).loss;
    const step = () => {
      const { value, grads } = valueAndGrad(model, () => inPrecision(precision, lossOf));
      optimizer.step(grads);
      return value;
    };
    await prepare(step);
    return await timesOf(device, row, step);
  } finally {
    own.end();
    optimizer.dispose();
    model.dispose();
  }
}

async function timesOf(device, { batch }, run) {
  const times = await timeCalls(device, run);
  const answerMs = await timeAnswers(device, run);
  const imagesPerSecond = (1000 * batch) / times.ms;
  return { ...times, answerMs, peakBytes: await peakBytesOf(device, run), imagesPerSecond, brief: `${shown(times.ms)} ms` };
}
