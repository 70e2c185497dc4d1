/**
 * What a launch costs the host: microseconds per launch of an empty kernel, medians of 50 batches of 1000, and of the test driver's
 * switches between threads. `node scripts/launch-overhead.mjs [driver library]`; by default the test driver, which runs the kernels
 * inside the launch, so that its share is in the figures.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import ts from "typescript";
import { buildAddon } from "./build-addon.mjs";
import { buildHostDriver } from "./build-host-driver.mjs";
import { build, root } from "./compile.mjs";

const LAUNCHES = 1000;
const BATCHES = 50;

await buildAddon();
const driver = process.argv[2] ?? (await buildHostDriver());
const native = createRequire(import.meta.url)(join(build, "vertebra-cuda.node"));
const { Batch } = await importTypeScript(join(root, "src/batch.ts"));
const { device, info } = native.open(driver, 0);
const isHost = info.name === "host test driver";
const image = isHost ? Buffer.from("vertebra host module probes") : readFileSync(join(build, "fatbin/probes.fatbin"));
const module = native.loadModule(device, image);
const kernelOf = (name) => native.findKernel(device, module, `${name}Kernel`).kernel;
const addresses = Array.from({ length: 3 }, () => native.alloc(device, 4096).address);
const batch = new Batch();

const empty = { kernel: kernelOf("empty"), grid: [1, 1, 1], block: [1, 1, 1], addresses: [], words: [0] };
// Params as most ops have them.
const usual = {
  kernel: kernelOf("round"),
  grid: [1, 1, 1],
  block: [1, 1, 1],
  addresses: [...addresses, addresses[0]],
  words: [0],
};
await report("empty kernel, encoding and launch", LAUNCHES, () => launchAll(empty));
await report("4 addresses and a word, encoding and launch", LAUNCHES, () => launchAll(usual));
await report("the same, encoding alone", LAUNCHES, () => encode(usual));
const graph = native.record(device, encode(usual));
await report("the same, replayed as a graph", LAUNCHES, () => native.replay(device, graph));
await report("one launch in a batch", 1, () => {
  batch.clear();
  batch.add(empty);
  native.launch(device, batch.bytes);
});
const [rounds, threads] = [1000, 256];
if (isHost) {
  const spin = {
    ...empty,
    kernel: kernelOf("manyBarriers"),
    block: [threads, 1, 1],
    words: [rounds],
  };
  batch.clear();
  batch.add(spin);
  await report("a thread's turn between two barriers", rounds * threads, () => native.launch(device, batch.bytes));
}
await native.close(device);

function encode(launch) {
  batch.clear();
  for (let i = 0; i < LAUNCHES; i++) batch.add(launch);
  return batch.bytes;
}

function launchAll(launch) {
  native.launch(device, encode(launch));
}

async function report(name, count, work) {
  const times = [];
  for (let i = 0; i < BATCHES; i++) {
    await native.sync(device);
    const start = performance.now();
    work();
    times.push(((performance.now() - start) * 1000) / count);
  }
  const [median] = times.sort((a, b) => a - b).slice(BATCHES / 2);
  process.stdout.write(`${name}: ${median.toFixed(3)} µs\n`);
}

async function importTypeScript(path) {
  const { outputText } = ts.transpileModule(readFileSync(path, "utf8"), { compilerOptions: { module: 99, target: 9 } });
  return await import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}
