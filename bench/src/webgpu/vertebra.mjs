import { webgpu } from "@vertebra/backend-webgpu";
import { conv2d, crossEntropy, matmul, noGrad, observe, scope, sgd, tensor, valueAndGrad } from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { fetchGraph, fetchInput, fetchLabels, fetchWeights } from "./task-files.mjs";

export const name = "Vertebra";
export const version = "0.1.0";

/** @returns {Promise<import("./page.mjs").Loaded>} */
export async function load(task) {
  const device = await webgpu().open();
  const run = await LOADERS[task.kind](task, device);
  const begin = () => {
    const s = scope();
    try {
      return { result: run().data() };
    } finally {
      s.end();
    }
  };
  return { begin, countOps: () => countOps(begin), close: () => device.close() };
}

/** A function that runs the task's work and returns its result, still on the device. */
const LOADERS = {
  async inference(task, device) {
    const model = (await loadModel(task, device)).eval();
    const values = await fetchInput(task);
    return () => noGrad(() => model.forward(tensor(values, { shape: task.shape, device })));
  },

  async kernel(task, device) {
    const {
      nodes: [node],
      constants,
    } = await fetchGraph(task);
    const values = await fetchInput(task);
    const { data, shape } = constants.get(node.inputs[1]);
    const weight = tensor(data, { shape, device });
    const kernel = node.op === "matmul" ? (x) => matmul(x, weight) : (x) => conv2d(x, weight, undefined, node.attrs);
    return () => kernel(tensor(values, { shape: task.shape, device }));
  },

  /** A step on the next of several batches; the result is its loss. */
  async training(task, device) {
    const model = (await loadModel(task, device)).train();
    const optimizer = sgd(model, { lr: 1e-3, momentum: 0.9 });
    const [images, labels] = [await fetchInput(task), await fetchLabels(task)];
    const perBatch = images.length / task.batches;
    let step = 0;
    return () => {
      const at = step++ % task.batches;
      const x = tensor(images.subarray(at * perBatch, (at + 1) * perBatch), { shape: task.shape, device });
      const y = tensor(labels.subarray(at * task.batch, (at + 1) * task.batch), { dtype: "i32", device });
      const { value, grads } = valueAndGrad(model, () => crossEntropy(model.forward(x), y));
      optimizer.step(grads);
      return value;
    };
  },
};

async function loadModel(task, device) {
  const model = createModel(task.model, { device });
  const weights = [...(await fetchWeights(task))].map(([name, { data, shape }]) => [
    name,
    { dtype: "f32", shape, bytes: new Uint8Array(data.buffer) },
  ]);
  model.loadStateDict(new Map(weights), { strict: false });
  return model;
}

/** Calls of ops that reach the device. */
async function countOps(begin) {
  let ops = 0;
  const { result } = observe(() => void ops++, begin);
  await result;
  return ops;
}
