import type { Backend, Device, SkippedBackend } from "./backend";
import { DeviceError } from "./errors";

let current: Device | undefined;

/** The device new tensors and modules go to where none is given. @throws DeviceError if none was chosen. */
export function currentDevice(): Device {
  if (current) return current;
  throw new DeviceError("device", {
    rule: "a device must be chosen before tensors are made",
    fix: "setDevice(await cpu().open()), withDevice(device, …), or pass { device }",
  });
}

/** Makes `device` the one that new tensors and modules go to. */
export function setDevice(device: Device | undefined): void {
  current = device;
}

/** Runs the synchronous `fn` with `device` as the current one. */
export function withDevice<T>(device: Device | undefined, fn: () => T): T {
  if (!device) return fn();
  const previous = current;
  current = device;
  try {
    return fn();
  } finally {
    current = previous;
  }
}

/**
 * Opens the first backend of the list that works here. `device.skipped` says why others were passed over.
 * @throws DeviceError listing every reason if none works.
 */
export async function firstAvailable(backends: readonly Backend[]): Promise<Device> {
  const skipped: SkippedBackend[] = [];
  for (const backend of backends) {
    try {
      const device = await backend.open();
      device.skipped = skipped;
      return device;
    } catch (error) {
      skipped.push({ name: backend.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const reasons = skipped.map(({ name, reason }) => `${name} (${reason})`).join("; ");
  throw new DeviceError("firstAvailable", { rule: "one of the backends must be usable here", got: reasons || "an empty list" });
}
