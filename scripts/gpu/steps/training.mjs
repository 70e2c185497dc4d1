import { backward, crossEntropy, manualSeed, Philox, Scope, seedInit, sgd, tensor } from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { runTraining } from "@vertebra/parity";
import { device as openDevice } from "vertebra";

const STEPS = 20;
const BATCHES = 4;
/** Curves of both devices, side by side. ResNet-18 is small in its images only. */
const CURVES = [
  { name: "lenet5", input: [64, 1, 32, 32] },
  { name: "resnet18", input: [16, 3, 64, 64] },
];
/** Curves within what rounding alone allows: four runs in f64 for each device, hence smaller. */
const REFERENCE = [
  { name: "lenet5", input: [4, 1, 32, 32] },
  { name: "resnet18", input: [4, 3, 32, 32] },
];

/** A processor that plays the GPU takes seconds for a step of more than that. */
const SMALL = { curves: CURVES.slice(0, 1), references: REFERENCE.slice(0, 1) };

export async function run(recorder, { backend, isSoftware }) {
  const { curves, references } = isSoftware ? SMALL : { curves: CURVES, references: REFERENCE };
  const names = ["cpu", backend];
  const devices = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await openDevice(name)])));
  for (const row of curves)
    for (const name of names) await recorder.record(`${row.name} ${name}`, () => curve(devices[name], row));
  for (const row of references)
    for (const name of [...names].reverse())
      await recorder.record(`${row.name} ${name} against the reference`, () => compare(devices[name], row));
}

async function curve(device, row) {
  const start = performance.now();
  const losses = await lossCurve(device, row);
  const brief = `${losses[0].toFixed(4)} → ${losses.at(-1).toFixed(4)}`;
  return { ok: losses.every(Number.isFinite), input: row.input, losses, msPerStep: (performance.now() - start) / STEPS, brief };
}

/** The loss of every step; nothing waits for the device until the end. The same weights, images and labels on every device. */
async function lossCurve(device, row) {
  const model = make(row, device).train();
  const optimizer = sgd(model, OPTIMIZER);
  manualSeed(0, device);
  const losses = new Scope(undefined);
  const values = Array.from({ length: STEPS }, (_, step) => {
    const inner = new Scope(losses);
    const loss = inner.run(() => {
      const { images, labels } = batchOf(row, step % BATCHES, device);
      const value = crossEntropy(model.forward(images), labels);
      optimizer.step(backward(value));
      return inner.keep(value.detach());
    });
    inner.end();
    return loss;
  });
  const curve = await Promise.all(values.map((loss) => loss.item()));
  losses.end();
  optimizer.dispose();
  model.dispose();
  return curve;
}

const OPTIMIZER = { lr: 0.01, momentum: 0.9 };

function make({ name }, device) {
  seedInit(0);
  return createModel(name, { device, numClasses: 10 });
}

function batchOf({ input }, index, device) {
  const random = new Philox(20, index);
  const images = tensor(random.normalArray(input.reduce((a, b) => a * b)), { shape: input, device });
  const labels = Int32Array.from({ length: input[0] }, () => random.integer(10));
  return { images, labels: tensor(labels, { dtype: "i32", device }) };
}

async function compare(device, row) {
  const one = {
    name: row.name,
    input: row.input,
    make: (on) => make(row, on),
    optimizer: (model) => sgd(model, OPTIMIZER),
    steps: STEPS,
  };
  const { failed, worst, failures } = await runTraining([device], [one]);
  return { ok: failed === 0, worst: worst[0]?.fraction, ...(failed > 0 && { failures: failures.map(({ message }) => message) }) };
}
