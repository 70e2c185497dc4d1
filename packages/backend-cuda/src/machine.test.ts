import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DeviceError } from "@vertebra/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { cuda, listGpus } from "./index";
import { kernelsMissing } from "./missing";
import { prepareHost } from "./testing/native";

const { reason } = await prepareHost();
const DRIVER = /Install NVIDIA's driver, version 580 or newer$/;

afterEach(() => vi.unstubAllEnvs());

const messageOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(() => undefined).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DeviceError);
  return (error as Error).message;
};

describe.skipIf(reason)(`a machine ${reason ?? ""}`, () => {
  test("without a driver names its library and the oldest that will do", async () => {
    vi.stubEnv("VERTEBRA_CUDA_DRIVER", "/nowhere/libcuda.so.1");
    for (const message of await Promise.all([messageOf(listGpus()), messageOf(cuda().open())])) {
      expect(message).toMatch(/no driver \(\/nowhere\/libcuda\.so\.1: cannot open shared object file/);
      expect(message).toMatch(DRIVER);
    }
  });

  test("with a library that is no driver says what that lacks", async () => {
    vi.stubEnv("VERTEBRA_CUDA_DRIVER", "libm.so.6");
    expect(await messageOf(listGpus())).toMatch(/must have every function that is used, got dlsym: libm\.so\.6 has no cuInit/);
  });

  test("with an old driver says both versions", async () => {
    vi.stubEnv("VERTEBRA_CUDA_DRIVER", "host");
    vi.stubEnv("VERTEBRA_CUDA_HOST_VERSION", "12040");
    const message = await messageOf(cuda().open());
    expect(message).toMatch(/^cuda: the driver must run CUDA 13\.0 or newer, got one that runs CUDA 12\.4 at most\. /);
    expect(message).toMatch(DRIVER);
  });

  test("with an old GPU says both capabilities", async () => {
    vi.stubEnv("VERTEBRA_CUDA_DRIVER", "host");
    vi.stubEnv("VERTEBRA_CUDA_HOST_CAPABILITY", "7.5");
    expect(await messageOf(cuda({ index: 1 }).open())).toBe(
      "cuda: the GPU must be of compute capability 8.0 or higher, got host test driver of 7.5. Use webgpu or cpu on it",
    );
  });

  test("with a newer driver and GPU than ours is taken", async () => {
    vi.stubEnv("VERTEBRA_CUDA_DRIVER", "host");
    vi.stubEnv("VERTEBRA_CUDA_HOST_VERSION", "14020");
    vi.stubEnv("VERTEBRA_CUDA_HOST_CAPABILITY", "12.1");
    const device = await cuda().open();
    expect(device.adapter).toBe("host test driver, compute capability 12.1");
    await device.close();
  });
});

describe("kernels", () => {
  test("that nobody compiled are missing for want of nvcc, or in spite of it", () => {
    const empty = [pathToFileURL(`${mkdtempSync(join(tmpdir(), "vertebra-cuda-"))}/`)];
    vi.stubEnv("NVCC", "/nowhere/nvcc");
    expect(kernelsMissing(empty)).toBe("not built: no nvcc");
    vi.stubEnv("NVCC", process.execPath);
    expect(kernelsMissing(empty)).toBe("not built, though there is nvcc");
  });
});
