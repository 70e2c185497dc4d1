// A training run on MNIST as a user would write it: nothing waits for the device within an epoch. torch_mnist.py is the same in PyTorch.
import {
  argmax,
  crossEntropy,
  interpolate,
  manualSeed,
  noGrad,
  oneCycleLr,
  Scope,
  scope,
  seedInit,
  sgd,
  tensor,
} from "@vertebra/core";
import { loadBatches, loadMnist, MNIST_MEAN, MNIST_STD } from "@vertebra/data";
import { createModel } from "@vertebra/models";
import { inPrecision } from "./model-timing.mjs";

const SEED = 0;
const EVALUATION_BATCH = 1000;
/** Of `vertebra train`. */
export const OPTIMIZER = { momentum: 0.9, weightDecay: 5e-4 };

/** A split of MNIST, from the package that the command has it of. */
export const mnist = (split) => loadMnist({ split, resolveFrom: import.meta.resolve("vertebra") });

export function startModel(device, { model: name }) {
  seedInit(SEED);
  manualSeed(SEED, device);
  return createModel(name, { device, numClasses: 10, inChannels: 1 });
}

/** Batches of an epoch in the order that both sides have. */
export const shuffle = (epoch) => ({ shuffle: true, seed: SEED, epoch });

/** The learning rate of each step. */
export function ratesOf({ lr, batch, epochs }, samples) {
  const steps = epochs * Math.ceil(samples / batch);
  const schedule = oneCycleLr({ maxLr: lr, steps });
  return Array.from({ length: steps }, (_, step) => schedule(step));
}

/**
 * Trains and evaluates after each epoch. @returns each epoch's seconds (of training alone), mean loss and accuracy on test images, and the very first
 * loss; undefined where `hasTime` says no between two epochs
 */
export async function trainOnMnist(device, run, { train, test, limit, testLimit, hasTime = () => true }) {
  const model = startModel(device, run);
  const optimizer = sgd(model, { lr: run.lr, ...OPTIMIZER });
  const samples = Math.min(limit ?? train.length, train.length);
  const rates = ratesOf(run, samples)[Symbol.iterator]();
  const epochs = [];
  let firstLoss;
  try {
    for (let epoch = 0; epoch < run.epochs; epoch++) {
      if (!hasTime()) return undefined;
      const batches = batchesOf(train, run, { ...(limit && { limit }), batchSize: run.batch, ...shuffle(epoch) });
      const { seconds, losses } = await trainEpoch(device, { model: model.train(), optimizer, rates, run, batches });
      firstLoss ??= losses[0].value;
      const loss = losses.reduce((sum, { value, size }) => sum + value * size, 0) / samples;
      epochs.push({ seconds, loss, accuracy: await accuracyOf(device, { model, run, test, testLimit }) });
    }
  } finally {
    optimizer.dispose();
    model.dispose();
  }
  return { epochs, firstLoss };
}

const batchesOf = (dataset, { padding }, options) =>
  loadBatches(dataset, { mean: MNIST_MEAN, std: MNIST_STD, padding, ...options });

async function trainEpoch(device, { model, optimizer, rates, run, batches }) {
  await device.sync();
  const start = performance.now();
  const kept = new Scope(undefined);
  const losses = [];
  for await (const batch of batches) {
    optimizer.lr = rates.next().value;
    const step = new Scope(kept);
    step.run(() => {
      const { images, labels } = onDevice(device, batch, run);
      const loss = inPrecision(run.precision, () => crossEntropy(model.forward(images), labels));
      losses.push({ loss: step.keep(loss.detach()), size: batch.size });
      optimizer.backwardStep(loss);
    });
    step.end();
  }
  await device.sync();
  const seconds = (performance.now() - start) / 1000;
  const values = [];
  for (const { loss, size } of losses) values.push({ value: await loss.item(), size });
  kept.end();
  return { seconds, losses: values };
}

function onDevice(device, { images, labels, shape }, { side }) {
  const x = tensor(images, { shape, device });
  return {
    images: side ? interpolate(x, { size: side, mode: "bilinear" }) : x,
    labels: tensor(labels, { dtype: "i32", device }),
  };
}

/** Fraction of the test images that are told right. */
async function accuracyOf(device, { model, run, test, testLimit }) {
  model.eval();
  let [correct, seen] = [0, 0];
  for await (const batch of batchesOf(test, run, { batchSize: EVALUATION_BATCH, ...(testLimit && { limit: testLimit }) })) {
    const own = scope();
    const logits = noGrad(() => inPrecision(run.precision, () => model.forward(onDevice(device, batch, run).images)));
    const told = await noGrad(() => argmax(logits, { axis: 1 })).data();
    correct += batch.labels.reduce((count, label, i) => count + (told[i] === label ? 1 : 0), 0);
    seen += batch.size;
    own.end();
  }
  return correct / seen;
}
