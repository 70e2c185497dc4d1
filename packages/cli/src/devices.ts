import { type Backend, type Device, DeviceError, type SkippedBackend, unknownName, VertebraError } from "@vertebra/core";
import type { ValidatingDevice } from "@vertebra/parity";
import { formatCount } from "./format";
import type { Output } from "./output";
import { asUsageError } from "./usage-error";

export interface DeviceOptions {
  /** Threads of the cpu device. Default: as many as there are cores. */
  readonly threads?: number | undefined;
  /**
   * Runs every kernel again, on the cpu or, where the device is the cpu, in the f64 reference; waiting for the device then throws a
   * WrongKernelError for the first that differs. Default: false.
   */
  readonly validate?: boolean | undefined;
}

interface BackendRow {
  /** As in device names, up to a colon: `cuda`, `cuda:1`. */
  readonly name: string;
  readonly package: string;
  /** What may stand behind a colon, as options of the backend; undefined where it can't be. */
  readonly select?: (which: string) => object | undefined;
}

/** Every backend that has a name, in the order in which `auto` tries them. */
const BACKENDS: readonly BackendRow[] = [
  {
    name: "cuda",
    package: "@vertebra/backend-cuda",
    select: (which) => (/^\d+$/.test(which) ? { index: Number(which) } : undefined),
  },
  {
    name: "webgpu",
    package: "@vertebra/backend-webgpu",
    select: (which) => (isPowerPreference(which) ? { powerPreference: which } : which === "" ? undefined : { adapter: which }),
  },
  { name: "cpu", package: "@vertebra/backend-cpu" },
];

const isPowerPreference = (text: string): boolean => ["high-performance", "low-power"].includes(text);

/** Adapters and drivers that imitate a device: listed, opened when named, never picked by `auto`. */
const IMITATIONS = ["software", "test-driver"];

/** One row of `vertebra devices`. */
export interface DeviceRow {
  readonly name: string;
  readonly available: boolean;
  /** Why it isn't, and what helps. */
  readonly reason?: string;
  readonly adapter?: string;
  readonly features: readonly string[];
  /** Libraries of the system that it can use: a line for each, present or not. */
  readonly libraries?: readonly string[];
}

/**
 * Opens a device by name: "cpu", "cuda", "cuda:1", "webgpu", "webgpu:nvidia" (part of the adapter's name), "webgpu:low-power" or
 * "webgpu:high-performance", or "auto" for the first of cuda, webgpu on real hardware, cpu.
 * The backend's package is imported only then. `device.skipped` says why `auto` passed others over.
 * @throws UsageError for an unknown name. @throws DeviceError with the reason and the fix if it can't be used here.
 */
export async function device(name = "auto", options: DeviceOptions = {}): Promise<Device> {
  const opened = await openNamed(name, options);
  return options.validate ? validated(opened, options) : opened;
}

async function openNamed(name: string, options: DeviceOptions): Promise<Device> {
  if (name === "auto") return openFirst(options);
  const [kind = ""] = name.split(":", 1);
  const row = BACKENDS.find((backend) => backend.name === kind);
  const selected = name === kind ? {} : row?.select?.(name.slice(kind.length + 1));
  if (!row || !selected)
    throw asUsageError(unknownName("device", "device", name, [...BACKENDS.map((backend) => backend.name), "auto"]));
  return open(row, options, selected);
}

async function validated(opened: Device, { threads }: DeviceOptions): Promise<Device> {
  try {
    // Loaded only where it is asked for.
    const { openReference, validating } = await import("@vertebra/parity");
    return validating(opened, opened.name === "cpu" ? openReference() : await openNamed("cpu", { threads }));
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** Every known device with what it runs on, or why it can't be used. Opens and closes each. */
export async function listDevices(options: DeviceOptions = {}): Promise<DeviceRow[]> {
  const rows: DeviceRow[] = [];
  for (const backend of [...BACKENDS].reverse()) {
    try {
      const opened = await open(backend, options);
      const { adapter, features, libraries } = opened;
      rows.push({ name: opened.name, available: true, adapter, features, ...(libraries && { libraries }) });
      await opened.close();
    } catch (error) {
      rows.push({ name: backend.name, available: false, reason: reasonOf(error), features: [] });
    }
  }
  return rows;
}

/**
 * Opens `name` for `fn` and closes it afterwards: the threads of an open device keep a process alive. `output` is told how many
 * calls were found right, where they are validated.
 */
export async function usingDevice<T>(
  name: string | undefined,
  { output, ...options }: DeviceOptions & { readonly output?: Output },
  fn: (device: Device) => Promise<T>,
): Promise<T> {
  const opened = await device(name, options);
  try {
    const result = await fn(opened);
    if ("checkedCalls" in opened) await sayChecked(opened as ValidatingDevice, output);
    return result;
  } finally {
    await opened.close();
  }
}

async function sayChecked(device: ValidatingDevice, output?: Output): Promise<void> {
  // What nobody has waited for is checked too.
  await device.sync();
  output?.say(`${formatCount(device.checkedCalls)} calls of kernels run again: none differs`);
}

async function openFirst(options: DeviceOptions): Promise<Device> {
  const skipped: SkippedBackend[] = [];
  for (const row of BACKENDS) {
    try {
      const opened = await open(row, options);
      const imitation = opened.features.find((feature) => IMITATIONS.includes(feature));
      if (imitation === undefined) {
        opened.skipped = skipped;
        return opened;
      }
      await opened.close();
      skipped.push({ name: row.name, reason: `${opened.adapter} is a ${imitation} device, used only when named` });
    } catch (error) {
      skipped.push({ name: row.name, reason: reasonOf(error) });
    }
  }
  const got = skipped.map(({ name, reason }) => `${name} (${reason})`).join("; ");
  throw new DeviceError("device", { rule: "one of the backends must be usable here", got });
}

/** `options` may be all of a command's: a backend gets its own and what the device's name selects. */
async function open(
  { name, package: packageName }: BackendRow,
  { threads }: DeviceOptions,
  selected: object = {},
): Promise<Device> {
  const module = await importBackend(name, packageName);
  const factory = module[name] as (options: object) => Backend;
  return factory({ ...selected, ...(name === "cpu" && threads !== undefined && { threads }) }).open();
}

async function importBackend(name: string, packageName: string): Promise<Record<string, unknown>> {
  try {
    return (await import(/* @vite-ignore */ packageName)) as Record<string, unknown>;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND" && String(error).includes(packageName);
    if (!isMissing) throw error;
    const fix = `npm install ${packageName}`;
    throw new DeviceError(`device ${name}`, { rule: `${packageName} is not installed`, fix });
  }
}

/** Why a backend can't be used, for a list that already names it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof VertebraError)) return error instanceof Error ? error.message : String(error);
  const { rule, got, fix } = error.fields;
  return `${rule}${got === undefined ? "" : `, got ${got}`}${fix === undefined ? "" : `. ${fix}`}`;
}
