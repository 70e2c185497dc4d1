// The files of a task, in the page.
import { parseSafetensors } from "../parse-safetensors.mjs";

/** @typedef {import("../contenders/serve.mjs").Task} Task In the page `folder` is an address. */

export const fetchBytes = async (task, name) => {
  const response = await fetch(`${task.folder}/${name}`);
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

/** @returns {Promise<import("../graph.mjs").Graph>} */
export async function fetchGraph(task) {
  const rest = JSON.parse(new TextDecoder().decode(await fetchBytes(task, "graph.json")));
  return { ...rest, constants: parseSafetensors(await fetchBytes(task, "constants.safetensors")) };
}

export const fetchWeights = async (task) => parseSafetensors(await fetchBytes(task, "weights.safetensors"));
export const fetchInput = async (task) => new Float32Array((await fetchBytes(task, "input.f32")).buffer);
export const fetchLabels = async (task) => new Int32Array((await fetchBytes(task, "labels.i32")).buffer);
