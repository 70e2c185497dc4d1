import { cpu } from "@vertebra/backend-cpu";
import type { Device } from "@vertebra/core";

/** Where models are compared with PyTorch: GOLDENS_DEVICE, cpu where it is unset. */
export const goldenDevice = process.env.GOLDENS_DEVICE ?? "cpu";

/** The device that GOLDENS_DEVICE names. @throws where this machine has none: who names one wants no other. */
export function openGoldenDevice(): Promise<Device> {
  const open = OPENERS[goldenDevice];
  if (open) return open();
  throw new Error(`GOLDENS_DEVICE must be one of ${Object.keys(OPENERS).join(", ")}, got ${goldenDevice}`);
}

const OPENERS: Readonly<Record<string, () => Promise<Device>>> = {
  cpu: () => cpu().open(),
  cuda: async () => {
    const { openForTests } = await import("../../../backend-cuda/src/testing/open-device");
    const { device, reason } = await openForTests();
    if (!device) throw new Error(reason);
    return device;
  },
  webgpu: async () => {
    const { openForTests } = await import("../../../backend-webgpu/src/testing/open-device");
    const { device, reason } = await openForTests();
    if (!device) throw new Error(reason);
    return device;
  },
};
