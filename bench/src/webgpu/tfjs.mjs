import "@tensorflow/tfjs-backend-webgpu";
// Of the packages only `@tensorflow/tfjs` registers them by itself.
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import * as tf from "@tensorflow/tfjs-core";
import { build, channelsLast } from "../contenders/tfjs-graph.mjs";
import { fetchGraph, fetchInput, fetchLabels } from "./task-files.mjs";

export const name = "tfjs webgpu";
export const version = tf.version_core;

/** tfjs is NHWC: inputs come as it likes them, weights are turned once, outputs only where they are compared. */
export async function load(task) {
  if (!(await tf.setBackend("webgpu"))) throw new Error("tfjs finds no WebGPU");
  const graph = await fetchGraph(task);
  const run = await (task.kind === "training" ? training(task, graph) : forwarding(task, graph));
  let shape;
  const begin = () => {
    const y = run();
    shape = y.shape;
    return { result: y.data().finally(() => y.dispose()) };
  };
  return { begin, arrange: (data) => channelsFirst(data, shape), close: () => tf.removeBackend("webgpu") };
}

async function forwarding(task, graph) {
  const forward = build(graph);
  const { data, shape } = channelsLast(await fetchInput(task), task.shape);
  return () => tf.tidy(() => forward(tf.tensor(data, shape)));
}

/** A step on the next of several batches; the result is its loss. */
async function training(task, graph) {
  const forward = build(graph, { isTrained: true });
  const optimizer = tf.train.momentum(1e-3, 0.9);
  const [batch, ...image] = task.shape;
  const { data, shape } = channelsLast(await fetchInput(task), [task.batches * batch, ...image]);
  const labels = await fetchLabels(task);
  const classes = graph.constants.get(graph.nodes.at(-1).inputs[1]).shape[0];
  const perBatch = data.length / task.batches;
  let step = 0;
  return () => {
    const at = step++ % task.batches;
    return tf.tidy(() => {
      const x = tf.tensor(data.subarray(at * perBatch, (at + 1) * perBatch), [batch, ...shape.slice(1)]);
      const y = tf.oneHot(tf.tensor1d(labels.subarray(at * batch, (at + 1) * batch), "int32"), classes);
      return optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, forward(x)), true);
    });
  };
}

function channelsFirst(data, shape) {
  if (shape.length !== 4) return data;
  const [n, h, w, c] = shape;
  const turned = new Float32Array(data.length);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < c; j++) for (let k = 0; k < h * w; k++) turned[(i * c + j) * h * w + k] = data[(i * h * w + k) * c + j];
  return turned;
}
