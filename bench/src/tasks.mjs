import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cpu } from "@vertebra/backend-cpu";
import { tensor } from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { readGraph, writeGraph } from "./graph.mjs";
import { writeOnnx } from "./onnx.mjs";
import { uniform, values } from "./random.mjs";
import { writeSafetensors } from "./safetensors.mjs";
import { trace } from "./trace.mjs";

/** @typedef {import("./contenders/serve.mjs").Task} Task */

export const CACHE = fileURLToPath(new URL("../node_modules/.cache/vertebra-bench", import.meta.url));

/** Models of the benches; their input without the batch. */
export const MODELS = {
  lenet5: { title: "LeNet-5", input: [1, 32, 32], classes: 10, options: {} },
  resnet18: { title: "ResNet-18", input: [3, 224, 224], classes: 1000, options: {} },
  resnet50: { title: "ResNet-50", input: [3, 224, 224], classes: 1000, options: {} },
  efficientnet_b0: { title: "EfficientNet-B0", input: [3, 224, 224], classes: 1000, options: {} },
  densenet121: { title: "DenseNet-121", input: [3, 224, 224], classes: 1000, options: {} },
  vgg16: { title: "VGG-16", input: [3, 224, 224], classes: 1000, options: {} },
};

/**
 * One set of weights and inputs, and the network as each contender takes it.
 * @param {string} model
 * @param {{ side?: number }} options `side`: of the image, where it isn't the model's usual one
 * @returns {Promise<Task>}
 */
export async function inferenceTask(model, batch, threads, { side } = {}) {
  const { input } = MODELS[model];
  const shape = [batch, input[0], ...(side ? [side, side] : input.slice(1))];
  const network = await networkFolder(model);
  const folder = taskFolder(`${model}-inference-${batch}${side ? `-${side}` : ""}`, network);
  if (side) writeOnnxOf(folder, network, shape);
  writeFloats(join(folder, "input.f32"), values(uniform(1), size(shape)));
  return { kind: "inference", model, batch, shape, folder, threads };
}

/** Steps over 8 batches of noise with random labels. */
export async function trainingTask(model, batch, threads) {
  const { input, classes } = MODELS[model];
  const shape = [batch, ...input];
  const batches = 8;
  const folder = taskFolder(`${model}-training-${batch}`, await networkFolder(model));
  const next = uniform(2);
  writeFloats(join(folder, "input.f32"), values(next, batches * size(shape)));
  const labels = Int32Array.from({ length: batches * batch }, () => Math.floor(next() * classes));
  writeFileSync(join(folder, "labels.i32"), Buffer.from(labels.buffer));
  return { kind: "training", model, batch, batches, shape, folder, threads, checkRuns: 5 };
}

/** A network of one op. */
export function kernelTask(name, { shape, weight, node }, threads) {
  const folder = taskFolder(`kernel-${name}`);
  const next = uniform(3);
  const constants = new Map([
    ["weight", { shape: weight, data: values(next, size(weight), 0, 1 / Math.sqrt(size(weight) / weight[0])) }],
  ]);
  const graph = {
    input: { name: "input", shape },
    output: "output",
    nodes: [{ attrs: {}, ...node, inputs: ["input", "weight"], output: "output" }],
    constants,
  };
  writeGraph(folder, graph);
  writeOnnx(join(folder, "model.onnx"), graph);
  writeFloats(join(folder, "input.f32"), values(next, size(shape)));
  return { kind: "kernel", batch: shape[0], shape, folder, threads };
}

/** Folder with `weights.safetensors`, `graph.json`, `constants.safetensors` and `model.onnx` of a model; made once per build. */
async function networkFolder(name) {
  const { input, options } = MODELS[name];
  const folder = join(CACHE, `${name}-${buildHash()}`);
  if (existsSync(folder)) return folder;
  removeStale(name);
  const part = `${folder}.${process.pid}.part`;
  mkdirSync(part, { recursive: true });
  const device = await cpu({ threads: 1 }).open();
  const model = createModel(name, { ...options, device }).eval();
  const state = fillState(model);
  writeSafetensors(join(part, "weights.safetensors"), state);
  const x = tensor(values(uniform(1), size(input)), { shape: [1, ...input], device });
  const graph = await trace((image) => model.forward(image), x);
  writeGraph(part, graph);
  writeOnnx(join(part, "model.onnx"), graph);
  await device.close();
  renameSync(part, folder);
  return folder;
}

/** An ONNX file says the size of its input; the rest of the network doesn't depend on it. */
function writeOnnxOf(folder, network, shape) {
  const graph = readGraph(network);
  const path = join(folder, "model.onnx");
  rmSync(path);
  writeOnnx(path, { ...graph, input: { ...graph.input, shape } });
}

/** The network's folders of earlier builds: VGG-16's are 1.6 GB each. */
function removeStale(name) {
  const own = new RegExp(`^${name}-[0-9a-f]{12}$`);
  const folders = existsSync(CACHE) ? readdirSync(CACHE).filter((folder) => own.test(folder)) : [];
  for (const folder of folders) rmSync(join(CACHE, folder), { recursive: true });
}

/** Random weights that keep activations in range, batch norm's statistics included. */
function fillState(model) {
  const next = uniform(4);
  const state = new Map();
  for (const [name, own] of model.stateDict()) {
    if (own.dtype !== "f32") continue;
    const data = values(next, own.elements, ...distributionOf(name, own.shape));
    own.write(data);
    state.set(name, { shape: [...own.shape], data });
  }
  return state;
}

/** Mean and standard deviation of a parameter or buffer. */
function distributionOf(name, shape) {
  if (shape.length > 1) return [0, Math.sqrt(2 / (size(shape) / shape[0]))];
  if (name.endsWith("running_var")) return [1, 0.1];
  if (name.endsWith("weight")) return [0.6, 0.1];
  return [0, 0.1];
}

/** What the traced network depends on. */
function buildHash() {
  const sum = createHash("sha256");
  for (const name of ["core", "models"]) sum.update(readFileSync(fileURLToPath(import.meta.resolve(`@vertebra/${name}`))));
  for (const file of ["tasks", "trace", "graph", "onnx"]) sum.update(readFileSync(new URL(`./${file}.mjs`, import.meta.url)));
  return sum.digest("hex").slice(0, 12);
}

/** An empty folder, with links to the files of `network`. */
function taskFolder(name, network) {
  const folder = join(CACHE, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (network) for (const file of readdirSync(network)) symlinkSync(join(network, file), join(folder, file));
  return folder;
}

const writeFloats = (path, data) => writeFileSync(path, Buffer.from(data.buffer));
const size = (shape) => shape.reduce((product, axis) => product * axis, 1);
