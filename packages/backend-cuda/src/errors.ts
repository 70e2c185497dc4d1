import { fileURLToPath } from "node:url";
import {
  ArgumentError,
  DeviceError,
  type ErrorFields,
  LifetimeError,
  OutOfMemoryError,
  type VertebraError,
} from "@vertebra/core";
import type { DeviceInfo } from "./addon";
import type { Trimmed } from "./pool";

const WHERE = "cuda";
/** What CUDA 13 compiles runs on drivers of CUDA 13 or newer, the first of which is this one (CUDA Compatibility, table 1). */
const OLDEST_CUDA = 13000;
const DRIVER = "Install NVIDIA's driver, version 580 or newer";
const OLDEST_CAPABILITY = 8;
const OTHER_BACKENDS = "Use webgpu or cpu on it";

/** What the addon throws: its own codes, or CUDA's names. */
interface NativeError extends Error {
  readonly code: string;
  /** The driver function that failed; empty where none did. */
  readonly call: string;
}

/** By its path: where a command of that name isn't installed, npx would fetch somebody else's. */
const BUILD = `node "${fileURLToPath(new URL("../scripts/build.mjs", import.meta.url))}"`;
const BUILD_AGAIN = `Build the kernels again: ${BUILD}`;

type Row = Pick<ErrorFields, "rule" | "fix">;

/** A context that a kernel broke reports nothing else from then on. The last to close its GPU ends it, and the next has a new one. */
const BROKEN: Row = {
  rule: "kernels must run through, but one failed and took all work of this process on the GPU with it",
  fix:
    "Close every device of this GPU and open one again, or start the process again, and go on from the last checkpoint. " +
    "CUDA_LAUNCH_BLOCKING=1 names the kernel: report it with this text",
};

/** By code. CUDA's names are explained in the documentation of `CUresult`. */
const ROWS: Readonly<Record<string, Row>> = {
  NO_DRIVER: { rule: "the driver's library must load", fix: DRIVER },
  OLD_DRIVER: { rule: "the driver must have every function that is used", fix: DRIVER },
  NO_DEVICE: { rule: "the GPU's number must be one of the driver's", fix: "Numbers begin at 0" },
  UNKNOWN_HANDLE: { rule: "what is used must be the device's and not released" },
  BAD_ARGUMENT: { rule: "arguments must fit" },
  ADDRESS_TOO_HIGH: { rule: "addresses must be exact in JavaScript's numbers" },
  NO_LIBRARY: { rule: "the library must load" },
  CUDA_ERROR_NO_DEVICE: {
    rule: "there must be a GPU that the process may use",
    fix: "Look at nvidia-smi and CUDA_VISIBLE_DEVICES",
  },
  CUDA_ERROR_SYSTEM_DRIVER_MISMATCH: {
    rule: "the driver's library and kernel module must be of one version",
    fix: "Restart the machine",
  },
  CUDA_ERROR_NO_BINARY_FOR_GPU: { rule: "the GPU must be of compute capability 8.0 or higher", fix: OTHER_BACKENDS },
  CUDA_ERROR_UNSUPPORTED_PTX_VERSION: { rule: "the driver must know the kernels' PTX", fix: DRIVER },
  CUDA_ERROR_INVALID_IMAGE: {
    rule: "a module must be a fatbin, cubin or PTX text",
    fix: BUILD_AGAIN,
  },
  CUDA_ERROR_NOT_FOUND: { rule: "a kernel must be in its module", fix: BUILD_AGAIN },
  CUDA_ERROR_INVALID_VALUE: { rule: "the GPU must take what is asked of it" },
  CUDA_ERROR_NOT_READY: { rule: "both moments must be past", fix: "await sync() first" },
  CUDA_ERROR_ILLEGAL_ADDRESS: BROKEN,
  CUDA_ERROR_ILLEGAL_INSTRUCTION: BROKEN,
  CUDA_ERROR_MISALIGNED_ADDRESS: BROKEN,
  CUDA_ERROR_LAUNCH_FAILED: BROKEN,
  CUDA_ERROR_LAUNCH_TIMEOUT: BROKEN,
  CUDA_ERROR_ASSERT: BROKEN,
  CUDA_ERROR_CONTEXT_IS_DESTROYED: BROKEN,
  CUDA_ERROR_ECC_UNCORRECTABLE: BROKEN,
  CUDA_ERROR_HARDWARE_STACK_ERROR: BROKEN,
  CUDA_ERROR_INVALID_ADDRESS_SPACE: BROKEN,
  CUDA_ERROR_INVALID_PC: BROKEN,
};
/** What starts with the name of one of NVIDIA's libraries, and comes out of a plan that it made itself. */
const LIBRARY: Row = { rule: "the library must run its own plan", fix: "Go on without it: VERTEBRA_CUDA_VENDOR=off" };
const UNLISTED: Row = { rule: "the driver must do what is asked", fix: "Report it with this text" };

const OUT_OF_MEMORY: Row = { rule: "the GPU must have room", fix: "Free tensors, or use a smaller batch" };
const HOST_OUT_OF_MEMORY: Row = { rule: "the process must have room", fix: "Use a smaller batch" };

/** The typed error for what a function of the addon threw. */
export function translate(name: string, thrown: unknown): VertebraError {
  const { code, call, message } = thrown as NativeError;
  const where = `${WHERE} ${name}`;
  const got = [call, message].filter((part) => part).join(": ");
  if (code === "CUDA_ERROR_OUT_OF_MEMORY") return new OutOfMemoryError(where, { ...OUT_OF_MEMORY, got });
  if (code === "HOST_OUT_OF_MEMORY") return new OutOfMemoryError(where, { ...HOST_OUT_OF_MEMORY, got });
  const isLibrary = /^(CUBLAS|CUDNN)_/.test(code);
  const isOwn = code !== undefined && !code.startsWith("CUDA_") && !isLibrary;
  return new DeviceError(where, {
    ...(isLibrary ? LIBRARY : (ROWS[code] ?? UNLISTED)),
    got: isOwn || code === undefined ? got : `${code} from ${got}`,
  });
}

/** What a GPU needs on its machine, and what helps where it isn't there. */
const PREBUILT = `Install without --omit=optional, or build it with g++ and nvcc of CUDA 13: ${BUILD}`;
const PARTS = { addon: PREBUILT, kernels: PREBUILT, driver: DRIVER };

type Part = keyof typeof PARTS;

/** Some of what is needed isn't there: all of it, each with the reason. */
export function missing(parts: { readonly [Name in Part]?: string | undefined }): DeviceError {
  const names = (Object.keys(PARTS) as Part[]).filter((part) => parts[part] !== undefined);
  return new DeviceError(WHERE, {
    rule: "the addon, the kernels and NVIDIA's driver must be there",
    got: names.map((part) => `no ${part} (${parts[part]})`).join(", "),
    fix: [...new Set(names.map((part) => PARTS[part]))].join(". "),
  });
}

/** A module whose kernels nobody compiled. */
export const notBuilt = (module: string, places: readonly string[]): DeviceError =>
  new DeviceError(WHERE, {
    rule: `the kernels of ${module} must be compiled`,
    got: `no file ${places.join(", and no ")}`,
    fix: PREBUILT,
  });

/** A GPU that its driver, or its age, keeps us from. @throws DeviceError with the versions there are and those it takes. */
export function requireSuited({ name, driverVersion, computeMajor, computeMinor }: DeviceInfo): void {
  if (driverVersion < OLDEST_CUDA)
    throw new DeviceError(WHERE, {
      rule: `the driver must run CUDA ${cudaName(OLDEST_CUDA)} or newer`,
      got: `one that runs CUDA ${cudaName(driverVersion)} at most`,
      fix: DRIVER,
    });
  if (computeMajor < OLDEST_CAPABILITY)
    throw new DeviceError(WHERE, {
      rule: `the GPU must be of compute capability ${OLDEST_CAPABILITY}.0 or higher`,
      got: `${name} of ${computeMajor}.${computeMinor}`,
      fix: OTHER_BACKENDS,
    });
}

/** 12040 → 12.4, as drivers count. */
const cudaName = (version: number): string => `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;

/** The test driver can't be built. */
export const noHostDriver = (message: string): DeviceError =>
  new DeviceError(WHERE, {
    rule: "VERTEBRA_CUDA_DRIVER=host must be able to build the test driver",
    got: message,
    fix: "Or unset the variable",
  });

/** What an error says without where and how to mend it. */
export const reasonOf = (error: unknown): string => (error instanceof DeviceError ? String(error.fields.got) : String(error));

/** VERTEBRA_CUDA_VENDOR means nothing. */
export const badVendorSwitch = (got: string): ArgumentError =>
  new ArgumentError(WHERE, { rule: "VERTEBRA_CUDA_VENDOR must be off or host", got: JSON.stringify(got), fix: "Unset it" });

/** What only this backend's devices can do. */
export const notCuda = (op: string, name: string): ArgumentError =>
  new ArgumentError(op, { rule: "device must be one of the cuda backend", got: name, fix: "Open it with cuda().open()" });
/** The device was broken by `cause` before `op`. */
export const broken = (op: string, cause: VertebraError): DeviceError =>
  new DeviceError(op, { ...cause.fields, got: `an earlier error: ${cause.where}: ${cause.fields.got}` });

/** The device was closed. */
export const closed = (op: string): DeviceError =>
  new DeviceError(op, { rule: "the cuda device must be open", got: "a closed one", fix: "Open another" });

const RECORD = "record";

/** Something in a function that is recorded has to wait for the device. */
export const waitRecorded = (op: string): DeviceError =>
  new DeviceError(RECORD, {
    rule: "fn may launch work, not wait for it",
    got: op,
    fix: "Read the recording's result behind replay()",
  });

/** Something in a function that is recorded takes values to the device. */
export const hostWriteRecorded = (): DeviceError =>
  new DeviceError(RECORD, {
    rule: "fn may not take values to the device, as they would be the same in every replay",
    got: "tensor(…) or write(…) in it",
    fix: "Make the tensor outside, and refill it in front of replay() by write or copyInto",
  });

export const promiseRecorded = (): ArgumentError =>
  new ArgumentError(RECORD, {
    rule: "fn must be synchronous",
    got: "a promise",
    fix: "Read the recording's result behind replay()",
  });

export const recordingDisposed = (): LifetimeError => new LifetimeError("replay", { rule: "the recording must not be disposed" });

/** What memory is used for when there is no more. */
export interface MemoryUse {
  readonly bytesInUse: number;
  /** Of tensors that are freed, but that recordings use. */
  readonly keptBytes: number;
  /** Of idle blocks, given back before the last try. */
  readonly trimmed: Trimmed;
  /** Of the GPU as a whole, other processes included. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** The driver's refusal of `bytes` with the numbers that tell what to do. */
export function outOfMemory(
  bytes: number,
  { bytesInUse, keptBytes, trimmed, freeBytes, totalBytes }: MemoryUse,
): OutOfMemoryError {
  const got = [
    `${bytes} bytes asked`,
    `${bytesInUse} in use by tensors`,
    ...(keptBytes > 0 ? [`${keptBytes} kept for recordings`] : []),
    `${trimmed.bytes} idle given back first (largest block ${trimmed.largestBytes})`,
    `${freeBytes} of ${totalBytes} free on the GPU`,
  ].join(", ");
  return new OutOfMemoryError(WHERE, { ...OUT_OF_MEMORY, got });
}

/** Codes after which a context does nothing any more. */
const FATAL = Object.keys(ROWS).filter((code) => ROWS[code] === BROKEN);

/** True if the error ended all work of this process on the GPU. */
export const isFatal = (error: unknown): error is DeviceError =>
  error instanceof DeviceError && FATAL.some((code) => error.message.includes(code));
