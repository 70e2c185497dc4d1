import type { Backend, Buffer, Device, DType, FusedKernels, Kernels, MemoryInfo } from "@vertebra/core";
import { type CpuBuffer, createDispatch } from "./dispatch";
import { fusedPlans, plans } from "./kernels/index";
import { openRuntime, type Runtime, type RuntimeOptions } from "./wasm/runtime";

export interface CpuOptions extends RuntimeOptions {}

const DTYPES: readonly DType[] = ["f32", "i32", "u8", "bool", "f16", "bf16"];

/**
 * The CPU backend: C kernels as WebAssembly SIMD, with threads in Node and in cross-origin isolated pages. Works everywhere.
 * @throws ArgumentError, on opening, for options out of range.
 */
export const cpu = (options: CpuOptions = {}): Backend => ({
  name: "cpu",
  open: async () => new CpuDevice(await openRuntime(options)),
});

class CpuDevice implements Device {
  readonly name = "cpu";
  readonly adapter: string;
  readonly features: readonly string[];
  readonly floatDtype = "f32";
  readonly dtypes = DTYPES;
  readonly kernels: Kernels;
  readonly fused: FusedKernels;
  readonly #runtime: Runtime;
  #bytesInUse = 0;
  #peakBytes = 0;
  #buffers = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.adapter = `WebAssembly ${runtime.variant}, ${runtime.workers} ${runtime.workers === 1 ? "thread" : "threads"}`;
    this.features = [
      "simd128",
      ...(runtime.variant.startsWith("relaxed") ? ["relaxed-simd"] : []),
      ...(runtime.workers > 1 ? ["threads"] : []),
    ];
    const dispatch = createDispatch(runtime);
    this.kernels = dispatch(plans);
    this.fused = dispatch(fusedPlans);
  }

  allocate(bytes: number): Buffer {
    const buffer: CpuBuffer = { bytes, pointer: this.#runtime.allocate(bytes) };
    this.#bytesInUse += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytesInUse);
    this.#buffers++;
    return buffer;
  }

  release(buffer: Buffer): void {
    this.#runtime.release((buffer as CpuBuffer).pointer);
    this.#bytesInUse -= buffer.bytes;
    this.#buffers--;
  }

  write(buffer: Buffer, bytes: Uint8Array): void {
    this.#runtime.bytes((buffer as CpuBuffer).pointer, bytes.byteLength).set(bytes);
  }

  async read(buffer: Buffer, bytes: number): Promise<Uint8Array> {
    // Copied out of the (possibly shared) memory, which many APIs refuse.
    return new Uint8Array(this.#runtime.bytes((buffer as CpuBuffer).pointer, bytes));
  }

  async sync(): Promise<void> {}

  memory(): MemoryInfo {
    return { bytesInUse: this.#bytesInUse, peakBytes: this.#peakBytes, buffers: this.#buffers };
  }

  resetPeak(): void {
    this.#peakBytes = this.#bytesInUse;
  }

  async close(): Promise<void> {
    this.#runtime.close();
  }
}
