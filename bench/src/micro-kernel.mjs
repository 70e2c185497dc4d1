import { readFileSync } from "node:fs";
import { cpu } from "@vertebra/backend-cpu";
import { matmul, scope, zeros } from "@vertebra/core";
import { median } from "./measure.mjs";

const PACKAGE = new URL("../../packages/backend-cpu/", import.meta.url);
/** About 5 ms of work. */
const REPEATS = 5000;
const PAGE_BYTES = 65536;

/**
 * GFLOP/s of one thread in gemm.c's inner loop on a tile that never leaves the L1 cache (gemm-peak.c): the best of some short
 * runs, since this is what nothing disturbed can reach. From the module that the device uses.
 */
export async function microKernelRate() {
  const device = await cpu({ threads: 1 }).open();
  const variant = device.features.includes("relaxed-simd") ? "relaxed" : "simd";
  await device.close();
  const { default: base64 } = await import(new URL(`wasm/${variant}.js`, PACKAGE));
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 65536 });
  const { instance } = await WebAssembly.instantiate(Buffer.from(base64, "base64"), { env: { memory } });
  const { configure, parameterBlock, gemmPeak } = instance.exports;
  configure(1, 0, 0);
  const scratch = memory.grow(1) * PAGE_BYTES;
  const block = parameterBlock();
  new Float32Array(memory.buffer, scratch, PAGE_BYTES / 4).fill(1e-3);
  new Int32Array(memory.buffer, block, 3).set([scratch, 1, REPEATS]);
  const operations = 2 * tileProducts() * REPEATS;
  const rates = Array.from({ length: 60 }, () => {
    const start = performance.now();
    gemmPeak(block);
    return operations / (performance.now() - start) / 1e6;
  });
  return Math.max(...rates);
}

/** GFLOP/s of `matmul` of two n × n tensors that are on the device already. */
export async function matmulRate(n, threads) {
  const device = await cpu({ threads }).open();
  const s = scope();
  const [a, b] = [zeros([n, n], { device }), zeros([n, n], { device })];
  const times = Array.from({ length: 30 }, () => {
    const start = performance.now();
    matmul(a, b).dispose();
    return performance.now() - start;
  });
  s.end();
  await device.close();
  return (2 * n ** 3) / median(times.slice(5)) / 1e6;
}

/** MR · NR · KC of gemm.h; NR is two vectors of four floats. */
function tileProducts() {
  const header = readFileSync(new URL("src/kernels/gemm.h", PACKAGE), "utf8");
  const [rows, vectors, terms] = [/#define MR (\d+)/, /#define NR \((\d+) \* VL\)/, /#define KC (\d+)/].map((pattern) =>
    Number(pattern.exec(header)?.[1]),
  );
  if (!(rows * vectors * terms > 0)) throw new Error("bench: gemm.h no longer says MR, NR and KC as micro-kernel.mjs reads them");
  return rows * vectors * 4 * terms;
}
