import type { DeviceInfo } from "./addon";
import { missing, requireSuited } from "./errors";
import { isHostDriver } from "./images";
import { compilerMissing, driverMissing, kernelsMissing } from "./missing";
import { findNative, foldersOf, type Loaded } from "./native";

/** The addon, and every GPU of its driver. */
interface Found {
  readonly loaded: Loaded;
  readonly gpus: readonly DeviceInfo[];
}

/**
 * Every GPU that NVIDIA's driver has, or the driver that VERTEBRA_CUDA_DRIVER names.
 * @throws DeviceError if there is no driver or no addon, naming all that is missing.
 */
export const listGpus = async (): Promise<readonly DeviceInfo[]> => (await findGpus()).gpus;

/** @throws DeviceError naming at once all that is missing of addon, kernels and driver. */
export async function findGpus(): Promise<Found> {
  const { loaded, reason } = await findNative();
  if (loaded) {
    try {
      return { loaded, gpus: loaded.native.devices(loaded.driver) };
    } catch (error) {
      if (driverMissing(loaded.driver) === undefined) throw error;
    }
  }
  const addon = reason && `${reason}${compilerMissing()}`;
  throw missing({
    addon,
    kernels: kernelsMissing(foldersOf()),
    driver: driverMissing(process.env.VERTEBRA_CUDA_DRIVER || undefined),
  });
}

/** @throws DeviceError if the driver or the GPU is too old, or nobody has compiled kernels for it. */
export function requireReady(gpu: DeviceInfo, { folders }: Loaded): void {
  requireSuited(gpu);
  const kernels = isHostDriver(gpu) ? undefined : kernelsMissing(folders);
  if (kernels !== undefined) throw missing({ kernels });
}
