import { DeviceError } from "@vertebra/core";
import type { FoundAdapter } from "./adapter";
import type { Limits } from "./launch";

/** A device with all that the adapter gives of what kernels can use. */
export interface Capabilities {
  readonly gpu: GPUDevice;
  /** As `Device.features` lists them. */
  readonly features: readonly string[];
  readonly limits: Limits;
}

/** Features that plans choose by; each has a fallback. */
const WANTED: readonly GPUFeatureName[] = ["shader-f16", "subgroups", "timestamp-query"];

/** Limits that are raised to what the adapter has: fewer splits, larger tiles. */
const RAISED = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxStorageBuffersPerShaderStage",
] as const;

/** @throws DeviceError if the adapter gives no device. */
export async function requestDevice({ adapter, name }: FoundAdapter): Promise<Capabilities> {
  const features = WANTED.filter((feature) => adapter.features.has(feature));
  const requiredLimits = Object.fromEntries(RAISED.map((limit) => [limit, adapter.limits[limit]]));
  let gpu: GPUDevice;
  try {
    gpu = await adapter.requestDevice({ label: "vertebra", requiredFeatures: features, requiredLimits });
  } catch (error) {
    throw new DeviceError("webgpu", {
      rule: "the adapter must give a device",
      got: `${name}: ${error instanceof Error ? error.message : String(error)}`,
      fix: "Update the driver or the browser",
    });
  }
  const { maxComputeWorkgroupsPerDimension, maxComputeWorkgroupStorageSize, maxStorageBuffersPerShaderStage } = gpu.limits;
  // A binding can't be larger than its buffer, whatever either limit says alone; a multiple of the largest element.
  const maxStorageBufferBindingSize =
    Math.floor(Math.min(gpu.limits.maxStorageBufferBindingSize, gpu.limits.maxBufferSize) / 16) * 16;
  return {
    gpu,
    // WGSL lets a compiler assume that there are neither NaN nor infinities.
    features: [...features, "finite-math"],
    limits: {
      maxComputeWorkgroupsPerDimension,
      maxComputeWorkgroupStorageSize,
      maxStorageBuffersPerShaderStage,
      maxStorageBufferBindingSize,
      maxBufferSize: gpu.limits.maxBufferSize,
    },
  };
}
