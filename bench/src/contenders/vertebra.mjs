import { join } from "node:path";
import { cpu } from "@vertebra/backend-cpu";
import { conv2d, crossEntropy, matmul, noGrad, scope, sgd, tensor, valueAndGrad } from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { readGraph } from "../graph.mjs";
import { readSafetensors } from "../safetensors.mjs";
import { MODELS } from "../tasks.mjs";
import { readInput, readLabels, serve } from "./serve.mjs";

async function load(task) {
  const device = await cpu({ threads: task.threads }).open();
  const run = await LOADERS[task.kind](task, device);
  return { run };
}

const LOADERS = {
  async inference(task, device) {
    const model = loadModel(task, device).eval();
    const values = readInput(task);
    return () => inScope(async () => noGrad(() => model.forward(tensor(values, { shape: task.shape, device }))).data());
  },

  async kernel(task, device) {
    const {
      nodes: [node],
      constants,
    } = readGraph(task.folder);
    const values = readInput(task);
    const [weight, bias] = node.inputs.slice(1).map((name) => {
      const { data, shape } = constants.get(name);
      return tensor(data, { shape, device });
    });
    const kernel = node.op === "matmul" ? (x) => matmul(x, weight) : (x) => conv2d(x, weight, bias, node.attrs);
    return () => inScope(async () => kernel(tensor(values, { shape: task.shape, device })).data());
  },

  /** A step on the next of several batches; the result is its loss. */
  async training(task, device) {
    const model = loadModel(task, device).train();
    const optimizer = sgd(model, { lr: 1e-3, momentum: 0.9 });
    const [images, labels] = [readInput(task), readLabels(task)];
    const perBatch = images.length / task.batches;
    let step = 0;
    return () =>
      inScope(async () => {
        const at = step++ % task.batches;
        const x = tensor(images.subarray(at * perBatch, (at + 1) * perBatch), { shape: task.shape, device });
        const y = tensor(labels.subarray(at * task.batch, (at + 1) * task.batch), { dtype: "i32", device });
        const { value, grads } = valueAndGrad(model, () => crossEntropy(model.forward(x), y));
        optimizer.step(grads);
        return value.data();
      });
  },
};

function loadModel({ model, folder }, device) {
  const built = createModel(model, { ...MODELS[model].options, device });
  const weights = [...readSafetensors(join(folder, "weights.safetensors"))];
  const bytes = ({ data, shape }) => ({
    dtype: "f32",
    shape,
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });
  built.loadStateDict(new Map(weights.map(([name, values]) => [name, bytes(values)])), { strict: false });
  return built;
}

async function inScope(fn) {
  const s = scope();
  try {
    return await fn();
  } finally {
    s.end();
  }
}

await serve({ name: "Vertebra", version: "0.1.0", load });
