// Which CUDA driver a step's process takes: the machine's, or the test driver that a bundle may have.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasLibrary as loads } from "./vulkan.mjs";

const TEST_DRIVER = "libcuda-host.so";

/**
 * The environment that a step needs besides the one it is given, in words what was chosen, and whether there is anything to run on.
 * @param {{ env: Record<string, string | undefined>, lib: string, isSoftware: boolean, hasLibrary?: (name: string) => boolean }} options
 */
export function cudaSettings({ env, lib, isSoftware, hasLibrary = loads }) {
  if (isSoftware) {
    const path = join(lib, TEST_DRIVER);
    if (!existsSync(path)) throw new Error("this bundle has no test driver: make one with `pnpm gpu:bundle --with-software`");
    return { env: { VERTEBRA_CUDA_DRIVER: path }, driver: "the bundle's test driver", isThere: true };
  }
  if (env.VERTEBRA_CUDA_DRIVER) return { env: {}, driver: "named by the environment", isThere: true };
  const isThere = hasLibrary("libcuda.so.1");
  return { env: {}, driver: isThere ? "the system's libcuda.so.1" : "none found", isThere };
}
