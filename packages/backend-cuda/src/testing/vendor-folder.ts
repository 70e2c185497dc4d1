import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Device, Scope } from "@vertebra/core";
import { type CudaOptions, countsOf, cuda } from "../index";

/** An empty folder that only a test knows. */
export const emptyFolder = (): string => mkdtempSync(join(tmpdir(), "vertebra-vendor-"));

/** Opens a device for `fn`, whose tensors are freed behind it. */
export async function onDevice<T>(options: CudaOptions, fn: (device: Device) => Promise<T>): Promise<T> {
  const device = await cuda(options).open();
  const scope = new Scope(undefined);
  try {
    return await scope.run(() => fn(device));
  } finally {
    scope.end();
    await device.close();
  }
}

/** Calls that a device's libraries have done. */
export const vendorCallsOf = (device: Device): number => countsOf(device)?.vendorCalls ?? Number.NaN;
