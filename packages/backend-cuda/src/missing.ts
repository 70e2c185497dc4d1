import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { constants } from "node:os";

/** Why an addon doesn't load, in a line. */
export function loadFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "MODULE_NOT_FOUND") return "not there";
  return message.split("\n", 1)[0] ?? "";
}

/** Why there are no compiled kernels in any of the folders; undefined where there are. */
export function kernelsMissing(folders: readonly URL[]): string | undefined {
  const hasKernels = (folder: URL): boolean => {
    const kernels = new URL("fatbin/", folder);
    return existsSync(kernels) && readdirSync(kernels).some((name) => name.endsWith(".fatbin"));
  };
  if (folders.some(hasKernels)) return undefined;
  return runs(process.env.NVCC ?? "nvcc") ? "not built, though there is nvcc" : "not built: no nvcc";
}

/** What can't be built here for want of a C++ compiler, in words behind those of an addon that isn't there. */
export const compilerMissing = (): string => {
  const compiler = process.env.CXX ?? "g++";
  return runs(compiler) ? "" : `; not built: no C++ compiler ${compiler}`;
};

/** Why the driver's library doesn't load; undefined where it does. Node takes it for an addon, and says of one that is there only that it is none. */
export function driverMissing(library = "libcuda.so.1"): string | undefined {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_LAZY);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return /did not self-register/.test(message) ? undefined : message.split("\n", 1)[0];
  }
}

const runs = (program: string): boolean => spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
