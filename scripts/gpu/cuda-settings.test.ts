import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { cudaSettings } from "./cuda-settings.mjs";

const lib = mkdtempSync(join(tmpdir(), "vertebra-cuda-settings-"));
afterAll(() => rmSync(lib, { recursive: true }));

describe("cudaSettings", () => {
  const on = (libraries: readonly string[], env = {}) =>
    cudaSettings({
      env,
      lib,
      isSoftware: false,
      hasLibrary: (name) => libraries.includes(name),
      findLibraries: () => "/usr/nvidia/lib",
    });

  it("takes the system's driver, and says where there is none", () => {
    const env = { VERTEBRA_CUDA_LIBRARIES: "/usr/nvidia/lib" };
    expect(on(["libcuda.so.1"])).toEqual({ env, driver: "the system's libcuda.so.1", isThere: true });
    expect(on([])).toEqual({ env: {}, driver: "none found", isThere: false });
  });

  it("leaves the folders of libraries that the environment names", () => {
    expect(on(["libcuda.so.1"], { VERTEBRA_CUDA_LIBRARIES: "/opt/lib" })).toMatchObject({ env: {}, isThere: true });
  });

  it("leaves a driver that the environment names", () => {
    expect(on([], { VERTEBRA_CUDA_DRIVER: "/opt/libcuda.so" })).toMatchObject({ env: {}, isThere: true });
  });

  it("takes the bundle's test driver where it is asked for, also where there is another", () => {
    const asked = () => cudaSettings({ env: {}, lib, isSoftware: true, hasLibrary: () => true });
    expect(asked).toThrow("pnpm gpu:bundle --with-software");
    writeFileSync(join(lib, "libcuda-host.so"), "");
    const env = {
      VERTEBRA_CUDA_DRIVER: join(lib, "libcuda-host.so"),
      VERTEBRA_CUDA_VENDOR: "host",
      VERTEBRA_CUDA_LIBRARIES: lib,
    };
    expect(asked()).toMatchObject({ env, isThere: true });
  });
});
