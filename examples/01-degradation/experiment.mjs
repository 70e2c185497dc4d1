import { argmax, avgPool2d, cosineLr, crossEntropy, noGrad, scoped, seedInit, sgd, tensor, withWarmup } from "@vertebra/core";
import { loadBatches, loadMnist, MNIST_MEAN, MNIST_STD } from "@vertebra/data";
import { plain20_cifar, plain56_cifar, resnet20_cifar, resnet56_cifar } from "@vertebra/models/resnet-cifar";

/**
 * @typedef {import("@vertebra/core").Device} Device
 * @typedef {import("@vertebra/core").Tensor} Tensor
 * @typedef {import("@vertebra/data").Batch} Batch
 * @typedef {import("@vertebra/data").Dataset} Dataset
 * @typedef {import("@vertebra/models").Classifier} Classifier
 * @typedef {{ steps: number, batchSize: number, lr: number, warmupSteps: number, pool: number, seed: number, tests: number, testImages: number }} Settings
 *   `pool`: side of the squares of pixels that are averaged into one, `tests`: how often the test error is measured
 * @typedef {{ name: string, layers: number, losses: number[], errors: number[], tests: { step: number, error: number }[], seconds: number }} Course
 *   `losses`, `errors`: of each step's batch before the step, in nats and from 0 to 1
 */

/** Depth twice, without shortcuts and with: the four networks of the paper's figures 1 and 6. */
export const NETWORKS = [
  { name: "plain-20", layers: 20, build: plain20_cifar },
  { name: "plain-56", layers: 56, build: plain56_cifar },
  { name: "ResNet-20", layers: 20, build: resnet20_cifar },
  { name: "ResNet-56", layers: 56, build: resnet56_cifar },
];

/** One pass over MNIST. @type {Settings} */
export const FULL = { steps: 937, batchSize: 64, lr: 0.1, warmupSteps: 50, pool: 2, seed: 0, tests: 8, testImages: 2000 };

/** Shows that everything runs; the numbers mean nothing. @type {Settings} */
export const QUICK = { ...FULL, steps: 4, batchSize: 8, warmupSteps: 2, tests: 2, testImages: 16, pool: 4 };

/**
 * Trains each network from the same seed on the same batches with the same rates.
 * @param {Device} device
 * @param {Settings} settings
 * @param {(line: string) => void} log
 * @returns {Promise<Course[]>}
 */
export async function runExperiment(device, settings, log) {
  const resolveFrom = import.meta.url;
  const [train, test] = await Promise.all([
    loadMnist({ split: "train", resolveFrom }),
    loadMnist({ split: "test", resolveFrom }),
  ]);
  const courses = [];
  for (const network of NETWORKS) courses.push(await trainOne(network, { device, settings, train, test, log }));
  return courses;
}

/**
 * @param {typeof NETWORKS[number]} network
 * @param {{ device: Device, settings: Settings, train: Dataset, test: Dataset, log: (line: string) => void }} context
 * @returns {Promise<Course>}
 */
async function trainOne({ name, layers, build }, { device, settings, train, test, log }) {
  const { steps, lr, warmupSteps, seed, tests } = settings;
  seedInit(seed);
  const model = build({ inChannels: 1, device });
  const optimizer = sgd(model, { lr, momentum: 0.9, weightDecay: 1e-4 });
  const rate = withWarmup(cosineLr({ lr, epochs: steps - warmupSteps }), { epochs: warmupSteps });
  /** @type {Course} */
  const course = { name, layers, losses: [], errors: [], tests: [], seconds: 0 };
  const started = performance.now();
  for await (const batch of batchesOf(train, settings)) {
    optimizer.lr = rate(course.losses.length);
    const { loss, error } = await scored(model, batch, settings.pool, (value) => optimizer.backwardStep(value));
    course.losses.push(loss);
    course.errors.push(error);
    const step = course.losses.length;
    if (step % Math.ceil(steps / tests) !== 0 && step !== steps) continue;
    course.tests.push({ step, error: await testError(model, test, settings) });
    log(`${name}, step ${step} of ${steps}: training loss ${loss.toFixed(3)}, test error ${percent(course.tests.at(-1)?.error)}`);
  }
  course.seconds = (performance.now() - started) / 1000;
  optimizer.dispose();
  model.dispose();
  return course;
}

/**
 * As many batches as there are steps, epoch after epoch.
 * @param {Dataset} dataset
 * @param {Settings} settings
 * @returns {AsyncGenerator<Batch>}
 */
async function* batchesOf(dataset, { steps, batchSize, seed }) {
  for (let [epoch, left] = [0, steps]; left > 0; epoch++) {
    const options = { batchSize, seed, epoch, shuffle: true, dropLast: true, mean: MNIST_MEAN, std: MNIST_STD };
    for await (const batch of loadBatches(dataset, options)) {
      if (left-- === 0) return;
      yield batch;
    }
  }
}

/**
 * @param {Classifier} model
 * @param {Dataset} dataset
 * @param {Settings} settings
 */
async function testError(model, dataset, { pool, testImages }) {
  const options = { batchSize: 250, limit: testImages, mean: MNIST_MEAN, std: MNIST_STD };
  model.eval();
  let wrong = 0;
  for await (const batch of loadBatches(dataset, options)) wrong += (await scored(model, batch, pool)).error * batch.size;
  model.train();
  return wrong / testImages;
}

/**
 * Loss and share of wrong answers on a batch; `learn` gets the loss while it is on the tape.
 * @param {Classifier} model
 * @param {Batch} batch
 * @param {number} pool
 * @param {(loss: Tensor) => unknown} [learn]
 */
async function scored(model, batch, pool, learn) {
  const { device } = /** @type {Tensor} */ (model.parameters()[0]);
  const run = () => {
    const images = avgPool2d(tensor(batch.images, { shape: batch.shape, device }), { kernel: pool });
    const logits = model.forward(images);
    const loss = crossEntropy(logits, tensor(batch.labels, { dtype: "i32", device }));
    learn?.(loss);
    return [loss, noGrad(() => argmax(logits, { axis: 1 }))];
  };
  const [loss, classes] = /** @type {[Tensor, Tensor]} */ (scoped(learn ? run : () => noGrad(run)));
  const [value, predicted] = [await loss.item(), await classes.data()];
  loss.dispose();
  classes.dispose();
  return { loss: value, error: batch.labels.filter((label, i) => label !== predicted[i]).length / batch.size };
}

const percent = (share = 0) => `${(100 * share).toFixed(1)} %`;
