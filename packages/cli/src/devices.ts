import { type Backend, type Device, DeviceError, type SkippedBackend, unknownName, VertebraError } from "@vertebra/core";
import { asUsageError } from "./usage-error";

export interface DeviceOptions {
  /** Threads of the cpu device. Default: as many as there are cores. */
  readonly threads?: number | undefined;
}

interface BackendRow {
  /** As in device names: `cuda`, `cuda:1`. */
  readonly name: string;
  readonly package: string;
  /** More than one device of the kind can be chosen by number. */
  readonly isNumbered?: true;
}

/** Every backend that has a name, in the order in which `auto` tries them. */
const BACKENDS: readonly BackendRow[] = [
  { name: "cuda", package: "@vertebra/backend-cuda", isNumbered: true },
  { name: "webgpu", package: "@vertebra/backend-webgpu" },
  { name: "cpu", package: "@vertebra/backend-cpu" },
];

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
}

/**
 * Opens a device by name: "cpu", "webgpu", "cuda", "cuda:1", or "auto" for the first of cuda, webgpu on real hardware, cpu.
 * The backend's package is imported only then. `device.skipped` says why `auto` passed others over.
 * @throws UsageError for an unknown name. @throws DeviceError with the reason and the fix if it can't be used here.
 */
export async function device(name = "auto", options: DeviceOptions = {}): Promise<Device> {
  if (name === "auto") return openFirst(options);
  const [kind = "", index] = name.split(":", 2);
  const row = BACKENDS.find((backend) => backend.name === kind);
  const isKnown = row !== undefined && (index === undefined || (row.isNumbered && /^\d+$/.test(index)));
  if (!isKnown) throw asUsageError(unknownName("device", "device", name, [...BACKENDS.map((backend) => backend.name), "auto"]));
  return open(row, { ...options, ...(index !== undefined && { index: Number(index) }) });
}

/** Every known device with what it runs on, or why it can't be used. Opens and closes each. */
export async function listDevices(options: DeviceOptions = {}): Promise<DeviceRow[]> {
  const rows: DeviceRow[] = [];
  for (const backend of [...BACKENDS].reverse()) {
    try {
      const opened = await open(backend, options);
      rows.push({ name: opened.name, available: true, adapter: opened.adapter, features: opened.features });
      await opened.close();
    } catch (error) {
      rows.push({ name: backend.name, available: false, reason: reasonOf(error), features: [] });
    }
  }
  return rows;
}

/** Opens `name` for `fn` and closes it afterwards: the threads of an open device keep a process alive. */
export async function usingDevice<T>(
  name: string | undefined,
  options: DeviceOptions,
  fn: (device: Device) => Promise<T>,
): Promise<T> {
  const opened = await device(name, options);
  try {
    return await fn(opened);
  } finally {
    await opened.close();
  }
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

async function open(
  { name, package: packageName }: BackendRow,
  options: DeviceOptions & { readonly index?: number },
): Promise<Device> {
  const module = await importBackend(name, packageName);
  const factory = module[name] as (options: object) => Backend;
  const { threads, ...others } = options;
  return factory({ ...others, ...(name === "cpu" && threads !== undefined && { threads }) }).open();
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
