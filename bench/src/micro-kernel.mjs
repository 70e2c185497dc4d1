import { median } from "./measure.mjs";

/** Sizes of gemm.h's tile in a SIMD128 module. */
const [MR, NR, KC] = [4, 8, 256];
const REPEATS = 2000;
const PAGE_BYTES = 65536;

/** GFLOP/s of one thread in gemm.c's inner loop on a tile that never leaves the L1 cache (gemm-peak.c). */
export async function microKernelRate() {
  const { default: base64 } = await import("../../packages/backend-cpu/wasm/simd.js");
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 65536 });
  const { instance } = await WebAssembly.instantiate(Buffer.from(base64, "base64"), { env: { memory } });
  const { configure, parameterBlock, gemmPeak } = instance.exports;
  configure(1, 0, 0);
  const scratch = memory.grow(1) * PAGE_BYTES;
  const block = parameterBlock();
  new Float32Array(memory.buffer, scratch, PAGE_BYTES / 4).fill(1e-3);
  new Int32Array(memory.buffer, block, 3).set([scratch, 1, REPEATS]);
  const rates = Array.from({ length: 15 }, () => {
    const start = performance.now();
    gemmPeak(block);
    return (2 * MR * NR * KC * REPEATS) / (performance.now() - start) / 1e6;
  });
  return median(rates.slice(5));
}
