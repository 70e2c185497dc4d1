/** What is known of a GPU without opening it. */
export interface DeviceInfo {
  readonly name: string;
  readonly totalBytes: number;
  /** 13000 is CUDA 13.0: what the driver can run at most. */
  readonly driverVersion: number;
  readonly computeMajor: number;
  readonly computeMinor: number;
  readonly multiprocessors: number;
  readonly threadsPerMultiprocessor: number;
  /** Shared memory that a block can have when it asks for more than the usual 48 KiB. */
  readonly sharedBytesPerBlock: number;
  readonly l2Bytes: number;
  readonly clockKilohertz: number;
  readonly memoryClockKilohertz: number;
  readonly memoryBusBits: number;
  /** True where memory is allocated and freed in the stream's order. */
  readonly hasMemoryPools: boolean;
}

/** A kernel, and what the compiler made of it. */
export interface KernelInfo {
  readonly kernel: number;
  readonly maxThreads: number;
  readonly registers: number;
  /** Spilled registers and arrays, per thread. */
  readonly localBytes: number;
  readonly sharedBytes: number;
  /** Bytes of its params; 0 where the driver doesn't say. */
  readonly paramsBytes: number;
}

/** NVIDIA's libraries that are used where they are. */
export type LibraryName = "cuBLASLt" | "cuDNN";

/** What a library plans: cuBLASLt products, cuDNN convolutions. */
export type PlanKind = "matmul" | "convolution";

/** A library's plan, or in its own words why there is none. */
export type MadePlan =
  | { readonly plan: number; readonly workspaceBytes: number; readonly refused?: undefined }
  | { readonly refused: string };

/**
 * The addon: devices, buffers, modules, kernels, graphs and marks are numbers, valid until they are freed or the device is closed.
 * Work of a device happens in call order. @throws DeviceError, or OutOfMemoryError.
 */
export interface Native {
  devices(driver: string | undefined): readonly DeviceInfo[];
  open(driver: string | undefined, ordinal: number): { readonly device: number; readonly info: DeviceInfo };
  /** Waits for the device's work, then releases all that was made on it. Other calls fail at once. */
  close(device: number): Promise<void>;
  /** Of the GPU as a whole, other processes included. */
  memInfo(device: number): { readonly freeBytes: number; readonly totalBytes: number };

  /** Memory with undefined content, and its address for params. */
  alloc(device: number, bytes: number): { readonly buffer: number; readonly address: number };
  free(device: number, buffer: number): void;
  /** Gives other processes what has been freed, which the driver keeps for the next `alloc`. Waits for the device. */
  trim(device: number): void;
  /** `bytes` may be reused as soon as this returns. */
  write(device: number, buffer: number, offset: number, bytes: Uint8Array): void;
  /** The bytes as they are after all work queued so far. */
  read(device: number, buffer: number, offset: number, bytes: number): Promise<Uint8Array>;
  /** Between two buffers, or two ranges of one that don't overlap; also between devices. */
  copy(device: number, to: number, toOffset: number, fromDevice: number, from: number, fromOffset: number, bytes: number): void;
  /** Settles when all work queued so far is done. */
  sync(device: number): Promise<void>;

  /** Loads a fatbin, cubin or PTX text. */
  loadModule(device: number, image: Uint8Array): number;
  findKernel(device: number, module: number, symbol: string): KernelInfo;
  /** Queues the launches of a batch (see `Batch`). Those in front of one that is refused are queued. */
  launch(device: number, batch: Uint8Array): void;
  /** Makes a CUDA graph of a batch without running it; the buffers it names must live as long as it does. */
  record(device: number, batch: Uint8Array): number;
  replay(device: number, graph: number): void;
  freeGraph(device: number, graph: number): void;

  /** Marks the moment when all work queued so far is done. */
  mark(device: number): number;
  /** Milliseconds of the GPU's clock between two moments, which must both be past: `await sync()` first. */
  elapsedMs(device: number, start: number, end: number): number;
  freeMark(device: number, mark: number): void;

  /** Loads a library for the device, from a path or by a name that the system's loader finds; its version in its own digits. */
  useLibrary(device: number, name: LibraryName, path: string): number;
  /** `numbers` are MatmulDescription or ConvolutionDescription of native/vendor. The plan runs by `Batch.addPlan`. */
  makePlan(device: number, kind: PlanKind, numbers: readonly number[]): MadePlan;
  /** Waits for the device. Graphs that were recorded with the plan keep it. */
  freePlan(device: number, plan: number): void;
}
