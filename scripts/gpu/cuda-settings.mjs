// Which CUDA driver a step's process takes: the machine's, or the test driver that a bundle may have.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { PYTHON } from "./python.mjs";
import { hasLibrary as loads } from "./vulkan.mjs";

const TEST_DRIVER = "libcuda-host.so";

/**
 * The environment that a step needs besides the one it is given, in words what was chosen, and whether there is anything to run on.
 * @param {{ env: Record<string, string | undefined>, lib: string, isSoftware: boolean, hasLibrary?: (name: string) => boolean, findLibraries?: () => string }} options
 */
export function cudaSettings({ env, lib, isSoftware, hasLibrary = loads, findLibraries = librariesOfPython }) {
  if (isSoftware) {
    const path = join(lib, TEST_DRIVER);
    if (!existsSync(path)) throw new Error("this bundle has no test driver: make one with `pnpm gpu:bundle --with-software`");
    const libraries = { VERTEBRA_CUDA_VENDOR: "host", VERTEBRA_CUDA_LIBRARIES: lib };
    return { env: { VERTEBRA_CUDA_DRIVER: path, ...libraries }, driver: "the bundle's test driver", isThere: true };
  }
  if (env.VERTEBRA_CUDA_DRIVER) return { env: {}, driver: "named by the environment", isThere: true };
  const isThere = hasLibrary("libcuda.so.1");
  const libraries = isThere && !env.VERTEBRA_CUDA_LIBRARIES ? findLibraries() : "";
  return {
    env: libraries ? { VERTEBRA_CUDA_LIBRARIES: libraries } : {},
    driver: isThere ? "the system's libcuda.so.1" : "none found",
    isThere,
  };
}

const FIND = `
import glob, importlib.util, os
spec = importlib.util.find_spec("nvidia")
roots = spec.submodule_search_locations if spec else []
print(":".join(folder for root in roots for folder in sorted(glob.glob(os.path.join(root, "*", "lib")))))
`;

/** The folders of cuBLASLt and cuDNN that PyTorch uses, so that both are measured with the same; empty where there are none. */
function librariesOfPython() {
  try {
    return execFileSync(PYTHON, ["-c", FIND], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 20_000,
    }).trim();
  } catch {
    return "";
  }
}
