// A worker or process of its own on the bare addon, for tests of what ends with it. Its data is { addon, driver, task }.
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";

const { addon, driver, task } = workerData ?? JSON.parse(process.argv[2]);
const native = createRequire(import.meta.url)(addon);
const tell = (value) => (parentPort ? parentPort.postMessage(value) : process.stdout.write(`${JSON.stringify(value)}\n`));

/** One launch as src/batch.ts encodes it: a block of 256 threads. */
function launch(device, name, blocks, addresses, word) {
  const module = native.loadModule(device, new TextEncoder().encode("vertebra host module probes"));
  const { kernel, paramsBytes } = native.findKernel(device, module, `${name}Kernel`);
  const words = new Uint32Array(10 + paramsBytes / 4);
  words.set([kernel, blocks, 1, 1, 256, 1, 1, 0, paramsBytes]);
  new BigUint64Array(words.buffer, 40, addresses.length).set(addresses.map(BigInt));
  words[10 + 2 * addresses.length] = word;
  native.launch(device, new Uint8Array(words.buffer));
}

const { device } = native.open(driver, 0);
const tasks = {
  /** Sums of 100 rows, many times over. */
  async sum() {
    const x = native.alloc(device, 100 * 64 * 4);
    const y = native.alloc(device, 100 * 4);
    const sums = new Set();
    for (let round = 1; round <= 20; round++) {
      native.write(device, x.buffer, 0, new Uint8Array(new Float32Array(6400).fill(round).buffer));
      launch(device, "sumRows", 100, [x.address, y.address], 64);
      const read = await native.read(device, y.buffer, 0, 400);
      for (const value of new Float32Array(read.buffer)) sums.add(value / 64);
    }
    await native.close(device);
    tell([...sums]);
  },
  /** Ends with reads that nobody has waited for, and everything open. */
  exitWithWork() {
    const x = native.alloc(device, 1 << 20);
    for (let i = 0; i < 4; i++) native.read(device, x.buffer, 0, 1 << 20);
    native.sync(device);
    tell("leaving");
    process.exit(3);
  },
  /** Ends by itself although a device is open. */
  leaveOpen() {
    native.alloc(device, 1000);
    tell("done");
  },
  /** Stays alive for what is awaited. */
  async awaitRead() {
    const { buffer } = native.alloc(device, 1 << 20);
    tell((await native.read(device, buffer, 0, 1 << 20)).length);
  },
  /** Writes element 1000 of 1000. */
  async pastTheEnd() {
    const y = native.alloc(device, 4000);
    launch(device, "onePastTheEnd", 4, [y.address], 1000);
    tell("not noticed");
  },
  /** The same with room for it: nothing to notice, barriers and stacks included. */
  async insideTheEnd() {
    const y = native.alloc(device, 4004);
    launch(device, "onePastTheEnd", 4, [y.address], 1000);
    await tasks.sum();
  },
};
await tasks[task]();
