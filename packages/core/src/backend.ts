import type { DType, HalfDType } from "./dtype";
import type { FusedTable, KernelTable } from "./ops/index";
import type { Shape } from "./shape";

/** Memory on a device. What else is in it is the backend's business. */
export interface Buffer {
  readonly bytes: number;
}

/** A tensor as a kernel sees it: checked shape, ready memory, elements contiguous in logical order. */
export interface Operand {
  readonly buffer: Buffer;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Computes `outputs` from `inputs`. Shapes and dtypes are already checked by the op; it allocates nothing but scratch. */
export type Kernel<Attrs> = (inputs: readonly Operand[], outputs: readonly Operand[], attrs: Attrs) => void;

/** One kernel per op, backward ops included; a missing one doesn't compile. */
export type Kernels = { readonly [K in keyof KernelTable]: Kernel<KernelTable[K]> };

/** Optional kernels that do several ops in one pass; each has a composition as its reference. */
export type FusedKernels = { readonly [K in keyof FusedTable]?: Kernel<FusedTable[K]> };

export interface MemoryInfo {
  /** Bytes in live buffers, rounded up as the device's allocator does. */
  readonly bytesInUse: number;
  /** Largest `bytesInUse` since opening or the last `resetPeak`. */
  readonly peakBytes: number;
  /** Live buffers. */
  readonly buffers: number;
}

/** An opened device. Order of work is call order; only `read`, `sync` and `close` wait for it. */
export interface Device {
  /** `cpu`, `webgpu`, `cuda:0`, … */
  readonly name: string;
  /** What it runs on, for people: processor or adapter, threads, instruction set. */
  readonly adapter: string;
  /** Switched-on capabilities (`simd128`, `threads`, `shader-f16`, …). */
  readonly features: readonly string[];
  /** Libraries of the system that it can use: for each a line with its version, or with why it isn't used. */
  readonly libraries?: readonly string[];
  /** The dtype of parameters and of tensors made from plain numbers. */
  readonly floatDtype: "f32" | "f64";
  /** The dtypes it can store. */
  readonly dtypes: readonly DType[];
  /** Set on a device of shapes without data: initial values aren't made for it. */
  readonly hasNoValues?: true;
  readonly kernels: Kernels;
  readonly fused: FusedKernels;
  /** The kernels that take arguments and results of a dtype of 16 bits; core runs the others in f32, between conversions. */
  readonly takesHalf?: (kernel: keyof KernelTable | keyof FusedTable, dtype: HalfDType) => boolean;
  /**
   * Set on a device that records launches: runs `work` now, and again in front of every replay of the recording that is being made. For
   * what the host itself does in each step: counting it, writing its learning rate.
   */
  readonly eachReplay?: (work: () => void) => void;
  /** @throws OutOfMemoryError naming bytes asked and in use. */
  allocate(bytes: number): Buffer;
  release(buffer: Buffer): void;
  /** Copies `bytes` to the start of `buffer`; `bytes` may be reused as soon as this returns. */
  write(buffer: Buffer, bytes: Uint8Array): void;
  /**
   * Copies the first `bytes` bytes of `buffer` to the host, after all work queued so far and before any queued later: `buffer` may
   * be overwritten or released as soon as this returns.
   */
  read(buffer: Buffer, bytes: number): Promise<Uint8Array>;
  /**
   * Set on a device that may take memory of another without the host: copies the first `bytes` bytes of `source`, which is `from`'s, to the start
   * of `buffer`, behind all work queued so far on both and before any queued later. @returns false, having done nothing, where it can't of `from`.
   */
  readonly receive?: (buffer: Buffer, from: Device, source: Buffer, bytes: number) => boolean;
  sync(): Promise<void>;
  memory(): MemoryInfo;
  resetPeak(): void;
  /** Frees everything; later use of the device is a DeviceError. */
  close(): Promise<void>;
  /** Why the backends asked for before this one were passed over; set by `firstAvailable`. */
  skipped?: readonly SkippedBackend[];
}

/** What a backend package exports (through a factory taking its options): a device that can be opened. */
export interface Backend {
  readonly name: string;
  /** @throws DeviceError with the reason and the fix if it can't be used here. */
  open(): Promise<Device>;
}

export interface SkippedBackend {
  readonly name: string;
  readonly reason: string;
}
