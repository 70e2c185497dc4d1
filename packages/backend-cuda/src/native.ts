import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { DeviceInfo, Native } from "./addon";
import { noAddon, noHostDriver, translate } from "./errors";

/** The addon and the driver it is to use. */
export interface Loaded {
  readonly native: Native;
  /** For `open` and `devices`; undefined is NVIDIA's own. */
  readonly driver: string | undefined;
  /** Where the addon was found; compiled kernels lie beside it. */
  readonly folder: URL;
}

const ADDON = "vertebra-cuda.node";
const PREBUILT = `@vertebra/backend-cuda-${process.platform}-${process.arch}`;
const BUILD = new URL("../build/", import.meta.url);
const SCRIPTS = new URL("../scripts/", import.meta.url);

/**
 * Loads the addon: out of the package for this platform, else as `npm run build:addon` made it. The driver is NVIDIA's unless
 * VERTEBRA_CUDA_DRIVER names a library, or `host`: the test driver that runs kernels on the processor. That and the addon are built for it where needed.
 * @throws DeviceError naming every place tried and why it failed there.
 */
export async function loadNative(): Promise<Loaded> {
  const wanted = process.env.VERTEBRA_CUDA_DRIVER || undefined;
  if (wanted !== "host") return { ...requireAddon(), driver: wanted };
  for (const script of ["build-addon.mjs", "build-host-driver.mjs"]) await build(script);
  return { ...requireAddon(), driver: fileURLToPath(new URL("libcuda-host.so", BUILD)) };
}

/** Every GPU that NVIDIA's driver has, or the driver that VERTEBRA_CUDA_DRIVER names. @throws DeviceError if there is no driver. */
export async function listGpus(): Promise<readonly DeviceInfo[]> {
  const { native, driver } = await loadNative();
  return native.devices(driver);
}

/** A folder that may have the addon. `find` throws where it can't. */
interface Place {
  readonly name: string;
  readonly find: () => URL;
}

const require = createRequire(import.meta.url);
const PLACES: readonly Place[] = [
  { name: PREBUILT, find: () => pathToFileURL(require.resolve(`${PREBUILT}/package.json`)) },
  { name: fileURLToPath(BUILD), find: () => BUILD },
];

/** The addon from the first place that has one that loads. @throws DeviceError with a reason for each place. */
export function requireAddon(places: readonly Place[] = PLACES): Pick<Loaded, "native" | "folder"> {
  const reasons: string[] = [];
  for (const { name, find } of places) {
    try {
      const folder = new URL(".", find());
      return { native: typed(require(fileURLToPath(new URL(ADDON, folder))) as Native), folder };
    } catch (error) {
      reasons.push(`${name}: ${String((error as Error).message).split("\n")[0]}`);
    }
  }
  throw noAddon(reasons);
}

/** The addon's functions, throwing errors of Vertebra's. */
function typed(native: Native): Native {
  const entries = Object.entries(native).map(([name, call]) => [name, translated(name, call as Call)]);
  return Object.fromEntries(entries) as Native;
}

type Call = (...args: unknown[]) => unknown;

function translated(name: string, call: Call): Call {
  const fail = (error: unknown): never => {
    throw translate(name, error);
  };
  return (...args) => {
    let result: unknown;
    try {
      result = call(...args);
    } catch (error) {
      return fail(error);
    }
    return result instanceof Promise ? result.catch(fail) : result;
  };
}

/** Builds a part of the test driver, where it isn't as its sources are. @throws DeviceError */
async function build(script: string): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [fileURLToPath(new URL(script, SCRIPTS))]);
  } catch (error) {
    throw noHostDriver((error as { stderr?: string }).stderr?.trim() || String(error));
  }
}
