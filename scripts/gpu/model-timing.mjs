// A model's inference and training step on a device, as `timing.mjs` times calls.
import { autocast, crossEntropy, noGrad, Philox, scope, seedInit, sgd, tensor, valueAndGrad } from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { shown } from "./format.mjs";
import { timeAnswers, timeCalls } from "./timing.mjs";

/** What runs in 16 bits, does by autocast: parameters stay f32. TF32 is the device's. */
const inPrecision = (precision, fn) => (["f16", "bf16"].includes(precision) ? autocast({ dtype: precision }, fn) : fn());

const nothing = async () => {};

/**
 * Image on the device in, logits on the device out; `answerMs` with the logits read back. `prepare` gets the call before it is timed, `replay` gets it
 * afterwards and may add to the record.
 */
export async function timeInference(
  device,
  { model: name, batch, shape, precision },
  { prepare = nothing, replay = nothing } = {},
) {
  seedInit(0);
  const model = createModel(name, { device }).eval();
  const own = scope();
  const image = tensor(new Philox(1).normalArray(shape.reduce((a, b) => a * b)), { shape, device });
  const forward = () => noGrad(() => inPrecision(precision, () => model.forward(image)));
  await prepare(forward);
  const times = await timeCalls(device, forward);
  const answerMs = await timeAnswers(forward);
  const replayed = await replay(forward);
  own.end();
  model.dispose();
  return { ...times, answerMs, ...replayed, imagesPerSecond: (1000 * batch) / times.ms, brief: `${shown(times.ms)} ms` };
}

/** Images and labels on the device in, loss out; `answerMs` with the loss read back after each step. */
export async function timeStep(device, { model: name, batch, shape, precision }, { prepare = nothing } = {}) {
  seedInit(0);
  const model = createModel(name, { device }).train();
  const optimizer = sgd(model, { lr: 1e-3, momentum: 0.9 });
  const own = scope();
  const images = tensor(new Philox(1).normalArray(shape.reduce((a, b) => a * b)), { shape, device });
  const labels = tensor(
    Int32Array.from({ length: batch }, (_, i) => i % 10),
    { dtype: "i32", device },
  );
  const step = () => {
    const { value, grads } = valueAndGrad(model, () => inPrecision(precision, () => crossEntropy(model.forward(images), labels)));
    optimizer.step(grads);
    return value;
  };
  await prepare(step);
  const times = await timeCalls(device, step);
  const answerMs = await timeAnswers(step);
  own.end();
  optimizer.dispose();
  model.dispose();
  return { ...times, answerMs, imagesPerSecond: (1000 * batch) / times.ms, brief: `${shown(times.ms)} ms` };
}
