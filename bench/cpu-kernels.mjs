/**
 * GFLOP/s of the CPU kernels that carry the time. `node bench/cpu-kernels.mjs [--threads 2] [--only matmul,convolutions,lenet5,resnet18,resnet50]
 * [--ms 300]`. Medians and bests of whole launches, beside the rate of the bare inner loop (gemmPeak) measured before and after:
 * on a shared machine read the ratio, not the time. The last column counts the processor time of all threads (GFLOP per CPU second,
 * spinning included), which other processes disturb least; times the number of threads, it is what a free machine gives.
 */
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    threads: { type: "string" },
    only: { type: "string" },
    ms: { type: "string", default: "300" },
    simd: { type: "string", default: "auto" },
  },
});
const sections = options.only?.split(",");
const { openRuntime, conv2d, conv2dInputGrad, conv2dWeightGrad, matmul } = await bundleKernels();
const runtime = await openRuntime({ simd: options.simd, ...(options.threads ? { threads: Number(options.threads) } : {}) });

/** [n, c, size, o, kernel, stride, padding, groups, times it occurs] */
const layer = (c, size, o, kernel, { n = 1, stride = 1, padding = kernel >> 1, groups = 1, times = 1 } = {}) => ({
  n,
  c,
  size,
  o,
  kernel,
  stride,
  padding,
  groups,
  times,
});
const down = { stride: 2, padding: 0 };

const CONVOLUTIONS = [
  layer(64, 56, 64, 3),
  layer(256, 56, 64, 1),
  layer(96, 112, 96, 3, { groups: 96 }),
  layer(144, 56, 144, 3, { groups: 144, stride: 2 }),
  layer(240, 14, 240, 5, { groups: 240 }),
  layer(3, 224, 64, 7, { stride: 2 }),
  layer(128, 56, 128, 3, { groups: 32 }),
  layer(512, 14, 512, 3, { groups: 32 }),
];
const LENET5 = [layer(1, 32, 6, 5, { n: 64, padding: 0 }), layer(6, 14, 16, 5, { n: 64, padding: 0 })];
const RESNET18 = [
  layer(3, 224, 64, 7, { stride: 2 }),
  layer(64, 56, 64, 3, { times: 4 }),
  ...[64, 128, 256].flatMap((c, i) => {
    const size = 56 >> i;
    return [
      layer(c, size, 2 * c, 3, { stride: 2 }),
      layer(c, size, 2 * c, 1, down),
      layer(2 * c, size / 2, 2 * c, 3, { times: 3 }),
    ];
  }),
];
const RESNET50 = [
  layer(3, 224, 64, 7, { stride: 2 }),
  ...[3, 4, 6, 3].flatMap((blocks, i) => {
    const [width, size] = [64 << i, 56 >> i];
    const [input, before, stride] = i === 0 ? [64, size, 1] : [width * 2, size * 2, 2];
    return [
      layer(input, before, width, 1),
      layer(width, before, width, 3, { stride }),
      layer(input, before, width * 4, 1, { stride, padding: 0 }),
      layer(width * 4, size, width, 1, { times: blocks - 1 }),
      layer(width, size, width, 3, { times: blocks - 1 }),
      layer(width, size, width * 4, 1, { times: blocks }),
    ];
  }),
];

console.log(`${runtime.variant}, ${runtime.workers} threads`);
report("inner loop alone", innerLoop());
section("matmul", () => {
  for (const [m, n, k, transA, transB] of [
    [1024, 1024, 1024, false, false],
    [64, 120, 400, false, true],
    [120, 400, 64, true, false],
    [1, 1000, 512, false, true],
  ])
    report(`matmul ${m}×${k} · ${k}×${n}${transA ? ", aᵀ" : ""}${transB ? ", bᵀ" : ""}`, timeMatmul(m, n, k, { transA, transB }));
});
section("convolutions", () => convolutions(CONVOLUTIONS, ["forward"]));
section("lenet5", () => convolutions(LENET5, ["forward", "inputGrad", "weightGrad"]));
section("resnet18", () => convolutions(RESNET18, ["forward"]));
section("resnet50", () => convolutions(RESNET50, ["forward"]));
report("inner loop alone", innerLoop());
runtime.close();

function section(name, run) {
  if (sections === undefined || sections.includes(name)) {
    console.log(`\n${name}`);
    run();
  }
}

function convolutions(layers, passes) {
  for (const pass of passes) {
    const total = { medianMs: 0, bestMs: 0, cpuMs: 0, flops: 0 };
    for (const given of layers) {
      const { n, c, size, o, kernel, stride, groups, times } = given;
      const time = timeConvolution(given, pass);
      for (const key of Object.keys(total)) total[key] += time[key] * times;
      report(
        `${pass} ${n}×${c}×${size}² → ${o}, ${kernel}×${kernel}/${stride}${groups > 1 ? `, ${groups} groups` : ""}${times > 1 ? ` (×${times})` : ""}`,
        time,
      );
    }
    report(`${pass} total`, total);
  }
}

function timeConvolution({ n, c, size, o, kernel, stride, padding, groups }, pass) {
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const x = operand([n, c, size, size]);
  const weight = operand([o, c / groups, kernel, kernel]);
  const y = operand([n, o, out, out]);
  const attrs = { stride: [stride, stride], padding: [padding, padding, padding, padding], dilation: [1, 1], groups };
  const [plan, inputs, output] = {
    forward: [conv2d, [x, weight], y],
    inputGrad: [conv2dInputGrad, [y, weight], x],
    weightGrad: [conv2dWeightGrad, [x, y], weight],
  }[pass];
  return time(plan, inputs, output, attrs, 2 * n * o * out * out * (c / groups) * kernel * kernel);
}

function timeMatmul(m, n, k, attrs) {
  const a = operand(attrs.transA ? [k, m] : [m, k]);
  const b = operand(attrs.transB ? [n, k] : [k, n]);
  return time(matmul, [a, b], operand([m, n]), attrs, 2 * m * n * k);
}

function innerLoop() {
  const [tasks, repeats] = [16, 64];
  const scratch = runtime.allocate(65536);
  runtime.f32(scratch, 16384).fill(0.01);
  const result = measure(() => runtime.launch("gemmPeak", [scratch, tasks, repeats]), 2 * 4 * 8 * 256 * tasks * repeats);
  runtime.release(scratch);
  return result;
}

function time(plan, inputs, output, attrs, flops) {
  const launch = plan(inputs, [output], attrs, runtime.workers);
  const ints = [...launch.ints];
  const scratch = runtime.allocate(launch.scratchBytes ?? 0);
  if (launch.scratchAt !== undefined) ints[launch.scratchAt] = scratch;
  const result = measure(() => runtime.launch(launch.entry, ints, launch.floats), flops);
  for (const pointer of [scratch, output.pointer, ...inputs.map(({ pointer }) => pointer)]) runtime.release(pointer);
  return result;
}

function measure(run, flops) {
  const timesMs = [];
  let before;
  const started = performance.now();
  const limit = Number(options.ms);
  for (let now = started; now - started < 1.25 * limit || timesMs.length < 5; ) {
    run();
    const after = performance.now();
    if (now - started > 0.25 * limit) timesMs.push(after - now);
    else before = process.cpuUsage();
    now = after;
  }
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1e3 / timesMs.length;
  timesMs.sort((a, b) => a - b);
  return { medianMs: timesMs[timesMs.length >> 1], bestMs: timesMs[0], cpuMs, flops };
}

function operand(shape) {
  const elements = shape.reduce((product, size) => product * size, 1);
  const pointer = runtime.allocate(elements * 4);
  const view = runtime.f32(pointer, elements);
  for (let i = 0; i < elements; i++) view[i] = ((i * 7919) % 1000) / 1000 - 0.5;
  return { pointer, shape, dtype: "f32" };
}

function report(name, { medianMs, bestMs, cpuMs, flops }) {
  const rate = (ms) => (flops / ms / 1e6).toFixed(1).padStart(6);
  const wall = (ms) => `${ms.toFixed(3).padStart(9)} ms ${rate(ms)}`;
  console.log(`${name.padEnd(52)} ${wall(medianMs)} GFLOP/s, best ${wall(bestMs)}, per CPU second ${rate(cpuMs)}`);
}

/** The runtime and plans, straight from their sources: the package itself exports neither. */
async function bundleKernels() {
  const { build } = await import(createRequire(createRequire(import.meta.url).resolve("vite")).resolve("esbuild"));
  const root = join(import.meta.dirname, "../packages/backend-cpu/src");
  const outfile = join(tmpdir(), `vertebra-cpu-kernels-${process.pid}.mjs`);
  const parts = ["wasm/runtime", "kernels/matmul", "kernels/conv2d", "kernels/conv2dInputGrad", "kernels/conv2dWeightGrad"];
  const contents = parts.map((part) => `export * from ${JSON.stringify(`./${part}`)};`).join("\n");
  await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "node",
    conditions: ["@vertebra/source"],
    outfile,
    logLevel: "error",
  });
  const kernels = await import(outfile);
  process.once("exit", () => rmSync(outfile, { force: true }));
  return kernels;
}
