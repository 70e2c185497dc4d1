import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Native } from "./addon";
import { missing, noHostDriver, translate } from "./errors";
import { loadFailure } from "./missing";

/** The addon and the driver it is to use. */
export interface Loaded {
  readonly native: Native;
  /** For `open` and `devices`; undefined is NVIDIA's own. */
  readonly driver: string | undefined;
  /** Where the addon was found. */
  readonly folder: URL;
  /** Where compiled kernels may lie, the best first. */
  readonly folders: readonly URL[];
}

const ADDON = "vertebra-cuda.node";
const PREBUILT = `@vertebra/backend-cuda-${process.platform}-${process.arch}`;
const BUILD = new URL("../build/", import.meta.url);
const SCRIPTS = new URL("../scripts/", import.meta.url);

/**
 * Loads the addon: as it was built here, else out of the package for this platform. The driver is NVIDIA's unless
 * VERTEBRA_CUDA_DRIVER names a library, or `host`: the test driver that runs kernels on the processor. That and the addon are built for it where needed.
 * @returns the reason where there is no addon: every place tried and why it failed there. @throws DeviceError if the test driver can't be built.
 */
export async function findNative(): Promise<
  { readonly loaded: Loaded; readonly reason?: undefined } | { readonly loaded?: undefined; readonly reason: string }
> {
  const driver = process.env.VERTEBRA_CUDA_DRIVER || undefined;
  if (driver !== "host") {
    const { addon, reason } = findAddon();
    return addon ? { loaded: { ...addon, driver } } : { reason };
  }
  for (const script of ["build-addon.mjs", "build-host-driver.mjs"]) await build(script);
  return { loaded: { ...requireAddon(), driver: fileURLToPath(new URL("libcuda-host.so", BUILD)) } };
}

/** Builds the test libraries beside the test driver. @returns their folder. @throws DeviceError */
export async function buildTestLibraries(): Promise<string> {
  await build("build-host-libraries.mjs");
  return fileURLToPath(BUILD);
}

/** A folder that may have the addon, compiled kernels or both. `find` throws where there is none. */
export interface Place {
  readonly name: string;
  readonly find: () => URL;
}

const require = createRequire(import.meta.url);
/** What somebody built here was built on purpose; it is gone with the version that it was built of. */
export const PLACES: readonly Place[] = [
  { name: fileURLToPath(BUILD), find: () => BUILD },
  { name: PREBUILT, find: () => new URL(".", pathToFileURL(require.resolve(`${PREBUILT}/package.json`))) },
];

/** The addon from the first place that has one that loads. @throws DeviceError with a reason for each place. */
export function requireAddon(places: readonly Place[] = PLACES): Omit<Loaded, "driver"> {
  const { addon, reason } = findAddon(places);
  if (!addon) throw missing({ addon: reason });
  return addon;
}

/** The same, or in a line why there is none. */
export function findAddon(
  places: readonly Place[] = PLACES,
):
  | { readonly addon: Omit<Loaded, "driver">; readonly reason?: undefined }
  | { readonly addon?: undefined; readonly reason: string } {
  const reasons: string[] = [];
  for (const { name, find } of places) {
    try {
      const folder = find();
      const native = intercepted(require(fileURLToPath(new URL(ADDON, folder))) as Native, translate);
      return { addon: { native, folder, folders: foldersOf(places) } };
    } catch (error) {
      reasons.push(`${name}: ${loadFailure(error)}`);
    }
  }
  return { reason: reasons.join("; ") };
}

/** The places that are there. */
export const foldersOf = (places: readonly Place[] = PLACES): readonly URL[] =>
  places.flatMap(({ find }) => {
    try {
      return [find()];
    } catch {
      return [];
    }
  });

/** The addon's functions, throwing what `errorOf` makes of an error of theirs. */
export function intercepted(native: Native, errorOf: (name: string, error: unknown) => unknown): Native {
  const entries = Object.entries(native).map(([name, call]) => [name, withErrors(call as Call, (error) => errorOf(name, error))]);
  return Object.fromEntries(entries) as Native;
}

type Call = (...args: unknown[]) => unknown;

function withErrors(call: Call, errorOf: (error: unknown) => unknown): Call {
  const fail = (error: unknown): never => {
    throw errorOf(error);
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
