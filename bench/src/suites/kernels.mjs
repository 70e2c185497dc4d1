import { measure } from "../measure.mjs";
import { matmulRate, microKernelRate } from "../micro-kernel.mjs";
import { casesTable, detailsTable, digits } from "../report.mjs";
import { kernelTask } from "../tasks.mjs";

const conv = (padding, groups = 1) => ({ op: "conv2d", attrs: { stride: [1, 1], padding, dilation: [1, 1], groups } });

/** `macs`: multiply-accumulates of a run. */
export const KERNELS = {
  "matmul 1024³": { shape: [1024, 1024], weight: [1024, 1024], node: { op: "matmul" }, macs: 1024 ** 3 },
  "conv 3×3 64→64 56²": { shape: [1, 64, 56, 56], weight: [64, 64, 3, 3], node: conv([1, 1, 1, 1]), macs: 56 ** 2 * 64 * 64 * 9 },
  "conv 1×1 256→64 56²": { shape: [1, 256, 56, 56], weight: [64, 256, 1, 1], node: conv([0, 0, 0, 0]), macs: 56 ** 2 * 256 * 64 },
  "depthwise 3×3 96 112²": {
    shape: [1, 96, 112, 112],
    weight: [96, 1, 3, 3],
    node: conv([1, 1, 1, 1], 96),
    macs: 112 ** 2 * 96 * 9,
  },
};

export const title = "Kernels: one op, host array in, host array out";

export async function run({ contenders, effort, threads, only, log }) {
  const rate = await microKernelRate();
  const cases = [];
  for (const [title, { macs, ...graph }] of Object.entries(KERNELS)) {
    if (only && !title.includes(only)) continue;
    log(title);
    const task = kernelTask(title.replace(/[^a-z0-9]+/g, "-"), graph, threads);
    cases.push({ title, work: 2 * macs, rows: await measure(task, contenders, effort) });
  }
  const reached = await matmulRate(1024, threads);
  const share = (100 * reached) / (rate * threads);
  const text = [
    casesTable(cases),
    `Micro-kernel out of the L1 cache: ${digits(rate)} GFLOP/s a thread, × ${threads} threads = ${digits(rate * threads)}. Matmul 1024³ with its tensors on the device: ${digits(reached)}, **${share.toFixed(0)} %** of that (goal: 70 %).`,
    detailsTable(cases),
  ].join("\n\n");
  return { text, data: { microKernelGflops: rate, matmulGflops: reached, cases } };
}
