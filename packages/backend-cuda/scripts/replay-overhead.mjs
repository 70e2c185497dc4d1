/**
 * What a forward pass of a batch of 1 costs the host beside the driver: microseconds of JavaScript for each, called and replayed (`record`), medians of 30.
 * `node scripts/replay-overhead.mjs [model] [image size]` with the driver that VERTEBRA_CUDA_DRIVER names; needs a build. The test driver runs kernels inside
 * the launch, so the time inside the addon is given by itself.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { noGrad, tensor } from "@vertebra/core";
import { createModel } from "../../models/dist/index.js";
import { countsOf, cuda, record } from "../dist/index.js";
import { buildAddon } from "./build-addon.mjs";
import { build } from "./compile.mjs";

const ROUNDS = 30;
const [name = "resnet18", size = "32"] = process.argv.slice(2);

await buildAddon();
let insideMs = 0;
timeInside(createRequire(import.meta.url)(join(build, "vertebra-cuda.node")));
const device = await cuda().open();
const model = createModel(name, { device }).eval();
const shape = [1, 3, Number(size), Number(size)];
const x = tensor(new Float32Array(3 * size * size), { shape, device });
const forward = () => noGrad(() => model.forward(x));

await report("called", () => forward().dispose());
const before = countsOf(device).launches;
forward().dispose();
console.log(`  ${countsOf(device).launches - before} launches`);
const recording = record(device, forward);
await report("replayed", () => recording.replay());
recording.dispose();
model.dispose();
await device.close();

/** Adds up the time that the addon takes to launch. */
function timeInside(native) {
  for (const call of ["launch", "replay", "alloc", "sync"]) {
    const original = native[call];
    native[call] = (...args) => {
      const start = performance.now();
      try {
        return original(...args);
      } finally {
        insideMs += performance.now() - start;
      }
    };
  }
}

async function report(what, work) {
  const samples = [];
  // The first are compiled on the way.
  for (let i = -10; i < ROUNDS; i++) {
    insideMs = 0;
    const start = performance.now();
    work();
    // Hands over what is left of a batch.
    const done = device.sync();
    const totalMs = performance.now() - start;
    await done;
    if (i >= 0) samples.push([totalMs - insideMs, insideMs]);
  }
  const median = (which) => samples.map((sample) => sample[which]).sort((a, b) => a - b)[ROUNDS / 2];
  const microseconds = (ms) => `${(ms * 1000).toFixed(1)} µs`;
  console.log(`${name}, ${what}: ${microseconds(median(0))} of JavaScript, ${microseconds(median(1))} in the addon and driver`);
}
