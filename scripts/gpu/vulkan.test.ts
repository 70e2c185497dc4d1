import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type VulkanOptions, vulkanSettings } from "./vulkan.mjs";

const scratch = mkdtempSync(join(tmpdir(), "vertebra-vulkan-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** A machine by the libraries and manifests it has. */
const on = (libraries: readonly string[], manifests: readonly string[] = [], options: Partial<VulkanOptions> = {}) =>
  vulkanSettings({
    env: {},
    lib: "/bundle/lib",
    scratch,
    isSoftware: false,
    hasLibrary: (name) => libraries.includes(name),
    manifests: (folder) => manifests.filter((path) => path.startsWith(`${folder}/`)),
    ...options,
  });

describe("vulkanSettings", () => {
  it("changes nothing on a machine that is set up", () => {
    const { env, loader } = on(["libvulkan.so.1"], ["/usr/share/vulkan/icd.d/nvidia_icd.json"]);
    expect(env).toEqual({});
    expect(loader).toBe("the system's");
  });

  it("offers its own loader where there is none, in front of other libraries", () => {
    const { env } = on([], ["/etc/vulkan/icd.d/nvidia_icd.json"], { env: { LD_LIBRARY_PATH: "/opt/lib" } });
    expect(env).toEqual({ LD_LIBRARY_PATH: "/bundle/lib:/opt/lib" });
  });

  it("names NVIDIA's manifest where loaders don't look, though another driver is found", () => {
    const elsewhere = "/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json";
    expect(on(["libvulkan.so.1"], ["/usr/share/vulkan/icd.d/lvp_icd.json", elsewhere]).env).toEqual({
      VK_DRIVER_FILES: elsewhere,
    });
  });

  it("writes a manifest for a driver that has none", () => {
    const { env } = on(["libvulkan.so.1", "libEGL_nvidia.so.0"]);
    const manifest = JSON.parse(readFileSync(env.VK_DRIVER_FILES as string, "utf8"));
    expect(manifest.ICD.library_path).toBe("libEGL_nvidia.so.0");
  });

  it("leaves a driver alone that the environment names", () => {
    expect(on(["libvulkan.so.1", "libGLX_nvidia.so.0"], [], { env: { VK_DRIVER_FILES: "/my.json" } }).env).toEqual({});
  });

  it("says how to get SwiftShader where the bundle has none", () => {
    expect(() => on([], [], { isSoftware: true })).toThrow(/--with-software/);
  });
});
