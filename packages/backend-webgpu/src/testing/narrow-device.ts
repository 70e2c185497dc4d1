import type { Device } from "@vertebra/core";
import { BufferPool, type GpuBuffer } from "../buffers";
import { createDispatch } from "../dispatch";
import { plans } from "../kernels/index";
import { Pipelines } from "../pipelines";
import { WorkQueue } from "../queue";
import { Staging } from "../staging";
import { Tables } from "../tables";
import { PORTABLE } from "./run-kernel";

/** A device whose grids are at most `width` workgroups wide, so that small tensors already break them into lines. */
export function narrowDevice(gpu: GPUDevice, width: number): Device {
  const staging = new Staging(gpu);
  const queue = new WorkQueue(gpu, staging);
  const pool = new BufferPool(gpu, () => queue.flush());
  const failures: string[] = [];
  const dispatch = createDispatch({
    limits: { ...PORTABLE, maxComputeWorkgroupsPerDimension: width },
    queue,
    pool,
    tables: new Tables(pool, queue),
    pipelines: new Pipelines(gpu, queue.params, ({ name }, message) => failures.push(`${name}: ${message}`)),
    preparing: undefined,
    current: undefined,
    requireUsable: () => {},
  });
  return {
    name: "narrow",
    adapter: "of a test",
    features: [],
    floatDtype: "f32",
    dtypes: ["f32", "i32", "u8", "bool", "f16", "bf16"],
    kernels: dispatch(plans),
    fused: {},
    allocate: (bytes) => pool.take(bytes),
    release: (buffer) => pool.give(buffer as GpuBuffer),
    write: (buffer, bytes) => queue.upload((buffer as GpuBuffer).gpu, bytes),
    async read(buffer, bytes) {
      const reader = staging.takeReader(bytes);
      queue.copy((buffer as GpuBuffer).gpu, reader, bytes);
      queue.flush();
      const copied = await staging.readBack(reader, bytes);
      if (failures.length > 0) throw new Error(failures.join("\n"));
      return copied;
    },
    async sync() {},
    memory: () => ({ bytesInUse: 0, peakBytes: 0, buffers: 0 }),
    resetPeak() {},
    async close() {
      gpu.destroy();
    },
  };
}
