import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { buildKernels, spillsIn } from "../scripts/build-kernels.mjs";
import { root } from "../scripts/compile.mjs";

/** Of a thread: what a few numbers that are seldom used take. */
const MOST_SPILLED_BYTES = 64;

/** True where a CUDA toolkit is: no machine needs one to run the other tests. */
function hasNvcc(): boolean {
  try {
    execFileSync(process.env.NVCC ?? "nvcc", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasNvcc())(`with nvcc ${hasNvcc() ? "" : "(there is none)"}`, () => {
  test("every kernel compiles for every target, and spills a few registers at most", async () => {
    const spilled = (await buildKernels()).map((line) => [line, Number(line.match(/spills (\d+) bytes/)?.[1])] as const);
    expect(spilled.filter(([, bytes]) => !(bytes <= MOST_SPILLED_BYTES))).toEqual([]);
  }, 600_000);

  test("our declarations of the driver are those of cuda.h", () => {
    const output = execFileSync(process.execPath, [join(root, "scripts/check-driver-abi.mjs")], { encoding: "utf8" });
    expect(output).toBe("");
  });
});

test("a spill is told with its kernel, target and sizes", () => {
  const report = `ptxas info    : Compiling entry function 'fillKernel' for 'sm_80'
ptxas info    : Function properties for fillKernel
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Compiling entry function 'matmulKernel' for 'sm_100'
ptxas info    : Function properties for matmulKernel
    64 bytes stack frame, 40 bytes spill stores, 24 bytes spill loads`;
  expect(spillsIn(report)).toEqual(["matmulKernel for sm_100 spills 40 bytes and loads 24"]);
});
