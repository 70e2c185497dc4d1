import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { DeviceInfo } from "./addon";
import { notBuilt } from "./errors";
import type { Loaded } from "./native";

/** What the test driver's devices are called. */
const HOST_NAME = "host test driver";

/** True for a device that imitates a GPU on the processor. */
export const isHostDriver = ({ name }: DeviceInfo): boolean => name === HOST_NAME;

/** The image of native/kernels/<module>.cu for `loadModule`. @throws DeviceError if nobody compiled it. */
export function imageFor(info: DeviceInfo, { folders }: Loaded, module: string): Uint8Array {
  // Its kernels are compiled in: the name is all it needs.
  if (isHostDriver(info)) return new TextEncoder().encode(`vertebra host module ${module}`);
  const paths = folders.map((folder) => fileURLToPath(new URL(`fatbin/${module}.fatbin`, folder)));
  const path = paths.find(existsSync);
  if (path === undefined) throw notBuilt(module, paths);
  return readFileSync(path);
}

/** The symbol of `KERNEL(name, …)`. */
export const symbolOf = (name: string): string => `${name}Kernel`;
