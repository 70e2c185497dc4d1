import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildHostLibraries } from "../../scripts/build-host-libraries.mjs";
import { Batch } from "../batch";
import type { Loaded } from "../native";
import { prepareHost, TestDevice } from "../testing/native";

const prepared = await prepareHost();
const loaded = prepared as Loaded;
const folder = prepared.native ? await buildHostLibraries() : "";

/** y [2, 2] = a · b in f32, with workspace. */
const PRODUCT = [0, 0, 2, 2, 2, 0, 0, 1, 0, 0, 1 << 20];
/** y [1, 1, 2, 2] = x · one weight. */
const CONVOLUTION = [0, 0, 0, ...[1, 1, 2, 2, 1, 1, 1, 2, 2, 1], ...[1, 1, 0, 0, 0, 0, 1, 1], ...[0, 0, 0, 0], 1 << 20];

describe.skipIf(!prepared.native)(`plans of libraries on the test driver ${prepared.reason ?? ""}`, () => {
  let gpu: TestDevice;
  beforeAll(() => {
    gpu = new TestDevice(loaded);
    gpu.native.useLibrary(gpu.device, "cuBLASLt", join(folder, "libcublaslt-host.so"));
  });
  afterAll(() => gpu.native.close(gpu.device));

  const made = (numbers: readonly number[] = PRODUCT) =>
    gpu.native.makePlan(gpu.device, "matmul", numbers) as { readonly plan: number; readonly workspaceBytes: number };
  const batchOf = (plan: number, addresses: readonly number[]): Uint8Array => {
    const batch = new Batch();
    batch.addPlan({ plan, addresses });
    return batch.bytes;
  };
  /** Operands, with memory for y and the workspace. */
  const operands = () => {
    const [a, b, y, workspace] = [
      gpu.upload([1, 2, 3, 4]),
      gpu.upload([5, 6, 7, 8]),
      gpu.upload([0, 0, 0, 0]),
      gpu.upload(new Float32Array(256)),
    ];
    return { a, y, addresses: [a, b, y, workspace].map(({ address }) => address) };
  };

  test("are recorded and replayed, with their operands as they are then, also when they were freed", async () => {
    const { plan, workspaceBytes } = made();
    expect(workspaceBytes).toBeGreaterThan(0);
    const { a, y, addresses } = operands();
    const graph = gpu.native.record(gpu.device, batchOf(plan, addresses));
    expect(await gpu.values(y.buffer, 4)).toEqual([0, 0, 0, 0]);
    gpu.native.freePlan(gpu.device, plan);
    gpu.native.replay(gpu.device, graph);
    expect(await gpu.values(y.buffer, 4)).toEqual([19, 22, 43, 50]);
    gpu.native.write(gpu.device, a.buffer, 0, new Uint8Array(Float32Array.of(0, 1, 1, 0).buffer));
    gpu.native.replay(gpu.device, graph);
    expect(await gpu.values(y.buffer, 4)).toEqual([7, 8, 5, 6]);
    gpu.native.freeGraph(gpu.device, graph);
  });

  test("of convolutions are recorded too", async () => {
    gpu.native.useLibrary(gpu.device, "cuDNN", join(folder, "libcudnn-host.so"));
    const { plan } = gpu.native.makePlan(gpu.device, "convolution", CONVOLUTION) as { readonly plan: number };
    const { y, addresses } = operands();
    const graph = gpu.native.record(gpu.device, batchOf(plan, addresses));
    expect(await gpu.values(y.buffer, 4)).toEqual([0, 0, 0, 0]);
    gpu.native.replay(gpu.device, graph);
    expect(await gpu.values(y.buffer, 4)).toEqual([5, 10, 15, 20]);
    gpu.native.freeGraph(gpu.device, graph);
  });

  test("that were freed, or never made, can't run", () => {
    const { plan } = made();
    gpu.native.freePlan(gpu.device, plan);
    const { addresses } = operands();
    expect(() => gpu.native.launch(gpu.device, batchOf(plan, addresses))).toThrow(`plan ${plan} was released`);
    expect(() => gpu.native.launch(gpu.device, batchOf(99, addresses))).toThrow("plan 99 was never made");
  });

  test("take all their operands and a workspace", () => {
    const { plan } = made();
    const { addresses } = operands();
    expect(() => gpu.native.launch(gpu.device, batchOf(plan, addresses.slice(1)))).toThrow(
      "a plan takes 4 addresses, got 24 bytes",
    );
    expect(() => gpu.native.launch(gpu.device, batchOf(plan, [...addresses.slice(0, 3), 0]))).toThrow(
      "a plan must have its workspace",
    );
  });

  test("that the library can't run after all say so with its words", () => {
    const { plan } = made();
    const { addresses } = operands();
    const elsewhere = [16, ...addresses.slice(1)];
    expect(() => gpu.native.launch(gpu.device, batchOf(plan, elsewhere))).toThrow(
      "the library must run its own plan, got CUBLAS_STATUS_INVALID_VALUE from cublasLtMatmul. Go on without it: VERTEBRA_CUDA_VENDOR=off",
    );
  });

  test("are refused with the library's words, and asked for in numbers that it has", () => {
    expect(made(PRODUCT.with(7, 100_000))).toEqual({ refused: "cublasLtMatmulAlgoGetHeuristic: CUBLAS_STATUS_NOT_SUPPORTED" });
    expect(() => made(PRODUCT.slice(1))).toThrow("the description must have 11 numbers, got 10");
    expect(() => gpu.native.makePlan(gpu.device, "convolution", [])).toThrow("the description must have");
    expect(() => gpu.native.makePlan(gpu.device, "sum" as never, [])).toThrow("kind must be matmul or convolution");
  });

  test("need a library, which is loaded once", () => {
    const other = new TestDevice(loaded, 1);
    expect(() => other.native.makePlan(other.device, "matmul", PRODUCT)).toThrow("cuBLASLt isn't loaded");
    expect(() => gpu.native.useLibrary(gpu.device, "cuBLASLt", join(folder, "libcublaslt-host.so"))).toThrow(
      "cuBLASLt is loaded already",
    );
    expect(() => other.native.useLibrary(other.device, "cuBLASLt", join(folder, "libcuda-host.so"))).toThrow(
      "has no cublasLtCreate",
    );
    return other.native.close(other.device);
  });
});
