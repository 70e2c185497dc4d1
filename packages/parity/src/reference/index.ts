import { type Backend, type Device, DeviceError } from "@vertebra/core";
import { kernels } from "./kernels/index";
import type { HostBuffer } from "./storage";

/** The f64 reference: every op in plain TypeScript, naive and in double precision. What the other backends are compared with. */
export const reference = (): Backend => ({ name: "reference", open: async () => openReference() });

/** As `reference().open()`, at once. */
export function openReference(): Device {
  const memory = { bytesInUse: 0, peakBytes: 0, buffers: 0 };
  let isClosed = false;
  const count = (bytes: number, buffers: number) => {
    memory.bytesInUse += bytes;
    memory.buffers += buffers;
    memory.peakBytes = Math.max(memory.peakBytes, memory.bytesInUse);
  };
  return {
    name: "reference",
    adapter: "plain TypeScript, f64",
    features: [],
    floatDtype: "f64",
    dtypes: ["f64", "f32", "f16", "bf16", "i32", "u8", "bool"],
    kernels,
    fused: {},
    allocate(bytes): HostBuffer {
      if (isClosed) throw new DeviceError("reference", { rule: "the device must be open", fix: "Open another" });
      count(bytes, 1);
      return { bytes, data: new Uint8Array(bytes) };
    },
    release: ({ bytes }) => count(-bytes, -1),
    write: (buffer, bytes) => (buffer as HostBuffer).data.set(bytes),
    read: async (buffer, bytes) => (buffer as HostBuffer).data.slice(0, bytes),
    async sync() {},
    memory: () => ({ ...memory }),
    resetPeak() {
      memory.peakBytes = memory.bytesInUse;
    },
    async close() {
      isClosed = true;
    },
  };
}
