import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sample } from "./sample.mjs";

/**
 * What a contender is asked to run. All of its files are in `folder`: `graph.json` and `constants.safetensors`, `model.onnx`,
 * `weights.safetensors` (a model's state), `input.f32`, and for training `labels.i32`.
 *
 * @typedef {{
 *   kind: "inference" | "kernel" | "training", model?: string, batch: number, folder: string, threads: number, shape: number[],
 *   batches?: number, checkRuns?: number,
 * }} Task
 *
 * `run` is the timed region; its result, on the host, is compared between contenders.
 * @typedef {{ name: string, version: string, load: (task: Task) => Promise<{ run: () => Promise<Float32Array> }> }} Contender
 */

/** Lines that are answers start with this; libraries print what they like. */
const ANSWER = "@@";

/**
 * Answers the bench's requests, a JSON object a line on stdin.
 * @param {Contender} contender
 */
export async function serve(contender) {
  let run;
  const requests = {
    async load({ task }) {
      ({ run } = await contender.load(task));
      const outputs = [];
      for (let i = 0; i < (task.checkRuns ?? 1); i++) outputs.push(sample(await run()));
      return { name: contender.name, version: contender.version, output: outputs.flat() };
    },
    measure: ({ milliseconds, warmup, leastRuns }) => measure(run, milliseconds, warmup, leastRuns),
    memory: async () => ({ peakRssBytes: process.resourceUsage().maxRSS * 1024 }),
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    try {
      answer(await requests[request.do](request));
    } catch (error) {
      answer({ error: String(error?.message ?? error).slice(0, 300) });
    }
  }
  process.exit(0);
}

const answer = (value) => process.stdout.write(`${ANSWER}${JSON.stringify(value)}\n`);

/** Milliseconds of each run, and of processor time (all threads, spinning included) in all of them. */
async function measure(run, milliseconds, warmup, leastRuns) {
  const start = performance.now();
  // Not counted: caches and threads belonged to the other contenders.
  do await run();
  while (performance.now() - start < warmup);
  const times = [];
  const used = process.cpuUsage();
  const end = performance.now() + milliseconds;
  while (times.length < leastRuns || performance.now() < end) {
    const before = performance.now();
    await run();
    times.push(performance.now() - before);
  }
  const { user, system } = process.cpuUsage(used);
  return { times, processorMs: (user + system) / 1000 };
}

/** @param {Task} task */
export function readInput({ folder }) {
  const bytes = readFileSync(join(folder, "input.f32"));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
}

/** @param {Task} task */
export function readLabels({ folder }) {
  const bytes = readFileSync(join(folder, "labels.i32"));
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
}
