import type { Device } from "@vertebra/core";
import { deviceOn } from "../device";
import { PORTABLE } from "./run-kernel";

/** A device whose grids are at most `width` workgroups wide, so that small tensors already break them into lines. */
export const narrowDevice = (gpu: GPUDevice, width: number): Device =>
  deviceOn(
    { name: "of a test", isSoftware: true },
    { gpu, features: [], limits: { ...PORTABLE, maxComputeWorkgroupsPerDimension: width } },
  );
