import type { Backend, Buffer, Device, Kernels } from "../backend";
import { DTYPES, type DType } from "../dtype";
import { DeviceError } from "../errors";
import { OPS } from "../ops/index";

/** A device of shapes without data: summaries, parameter and MAC counts of any model in milliseconds. */
export const meta = (): Backend => ({ name: "meta", open: async () => openMeta() });

/** As `meta().open()`, at once. */
export function openMeta(): Device {
  const live = { bytesInUse: 0, peakBytes: 0, buffers: 0 };
  return {
    name: "meta",
    adapter: "shapes only",
    features: [],
    hasNoValues: true,
    floatDtype: "f32",
    dtypes: Object.keys(DTYPES) as DType[],
    kernels: Object.fromEntries(Object.keys(OPS).map((name) => [name, () => {}])) as unknown as Kernels,
    fused: {},
    allocate(bytes): Buffer {
      live.bytesInUse += bytes;
      live.buffers++;
      live.peakBytes = Math.max(live.peakBytes, live.bytesInUse);
      return { bytes };
    },
    release({ bytes }) {
      live.bytesInUse -= bytes;
      live.buffers--;
    },
    write() {},
    async read() {
      throw new DeviceError("meta", {
        rule: "tensors on the meta device have no values to read",
        fix: "Use a device with memory, such as cpu",
      });
    },
    async sync() {},
    memory: () => ({ ...live }),
    resetPeak() {
      live.peakBytes = live.bytesInUse;
    },
    async close() {},
  };
}
