// Where a step's process finds its Vulkan loader and driver: containers often have the driver's libraries and not what points to them.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";

/** Where loaders look on Linux. */
const LOADER_FOLDERS = ["/etc", "/usr/share", "/usr/local/etc", "/usr/local/share"].map((folder) => `${folder}/vulkan/icd.d`);
/** Where containers put NVIDIA's, and loaders don't look. */
const OTHER_FOLDERS = ["/usr/local/nvidia", "/usr/lib/nvidia", "/opt/nvidia"].map((folder) => `${folder}/share/vulkan/icd.d`);
/** NVIDIA's driver: the first needs X's libraries, the second is for machines without a display. */
const NONE = "none found";
const DRIVERS = ["libGLX_nvidia.so.0", "libEGL_nvidia.so.0"];

/**
 * The environment that a step needs besides the one it is given, and in words what was chosen.
 * @param {{
 *   env: Record<string, string | undefined>, lib: string, scratch: string, isSoftware: boolean,
 *   hasLibrary?: (name: string) => boolean, manifests?: (folder: string) => string[],
 * }} options `lib`: the bundle's own libraries; `scratch`: a folder that can be written to
 */
export function vulkanSettings({ env, lib, scratch, isSoftware, hasLibrary: loads = hasLibrary, manifests = listManifests }) {
  const hasLoader = !isSoftware && loads("libvulkan.so.1");
  const paths = [lib, env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  const driver = isSoftware ? softwareDriver(lib) : driverOf({ env, scratch, hasLibrary: loads, manifests });
  return {
    env: { ...(!hasLoader && { LD_LIBRARY_PATH: paths }), ...(driver.files && { VK_DRIVER_FILES: driver.files }) },
    loader: hasLoader ? "the system's" : "the bundle's",
    driver: driver.what,
    isThere: driver.what !== NONE,
  };
}

function softwareDriver(lib) {
  const files = join(lib, "vk_swiftshader_icd.json");
  if (!existsSync(files)) throw new Error("this bundle has no SwiftShader: make one with `pnpm gpu:bundle --with-software`");
  return { files, what: "the bundle's SwiftShader" };
}

function driverOf({ env, scratch, hasLibrary, manifests }) {
  if (env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES) return { what: "named by the environment" };
  const isNvidia = (path) => /nvidia[^/]*\.json$/.test(path);
  const known = LOADER_FOLDERS.flatMap(manifests);
  if (known.some(isNvidia)) return { what: "NVIDIA's, found by the loader" };
  const [elsewhere] = OTHER_FOLDERS.flatMap(manifests).filter(isNvidia);
  if (elsewhere) return { files: elsewhere, what: "NVIDIA's, from where loaders don't look" };
  const library = DRIVERS.find(hasLibrary);
  if (library) return { files: writeManifest(scratch, library), what: `NVIDIA's ${library}, without a manifest` };
  return { what: known.length > 0 ? "found by the loader" : NONE };
}

function writeManifest(folder, library) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "nvidia_icd.json");
  writeFileSync(path, JSON.stringify({ file_format_version: "1.0.1", ICD: { library_path: library, api_version: "1.3.277" } }));
  return path;
}

const listManifests = (folder) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .map((name) => join(folder, name))
    : [];

/** Whether the system's loader finds a library. It is no addon: that is what Node says of one that is there. */
export function hasLibrary(name) {
  try {
    process.dlopen({ exports: {} }, name, constants.dlopen.RTLD_LAZY);
    return true;
  } catch (error) {
    return /did not self-register/.test(error.message);
  }
}
