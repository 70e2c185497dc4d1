import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { readGraph } from "../graph.mjs";
import { readInput, serve } from "./serve.mjs";
import { build, channelsLast } from "./tfjs-graph.mjs";

/** tfjs is NHWC: the input comes as it likes it, weights are turned once. */
async function load(task) {
  setWasmPaths(join(fileURLToPath(new URL("../../node_modules/@tensorflow/tfjs-backend-wasm/dist", import.meta.url)), "/"));
  await tf.setBackend("wasm");
  await tf.ready();
  const forward = build(readGraph(task.folder));
  const values = channelsLast(readInput(task), task.shape);
  const run = async () => {
    const y = tf.tidy(() => toChannelsFirst(forward(tf.tensor(values.data, values.shape))));
    const data = await y.data();
    y.dispose();
    return data;
  };
  return { run };
}

const toChannelsFirst = (y) => (y.rank === 4 ? tf.transpose(y, [0, 3, 1, 2]) : y);

await serve({ name: "tfjs wasm (1 thread in Node)", version: tf.version_core, load });
