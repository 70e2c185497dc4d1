import type { Backend, Buffer, Device, DType, FusedKernels, Kernels, MemoryInfo } from "@vertebra/core";
import type { DeviceInfo } from "./addon";
import { createDispatch, type Runtime } from "./dispatch";
import { closed, isFatal, notCuda, outOfMemory } from "./errors";
import { isHostDriver } from "./images";
import { KernelLibrary } from "./kernel-library";
import { fusedPlans, HALF_PLANS, plans } from "./kernels/index";
import type { Copy } from "./launch";
import { findGpus, requireReady } from "./machine";
import type { Loaded } from "./native";
import { type CudaOptions, requireOptions } from "./options";
import { BlockPool, type CudaBuffer } from "./pool";
import { LaunchQueue } from "./queue";
import { Tables } from "./tables";
import { type VendorSwitch, vendorSwitch } from "./vendor/switch";
import { Contests, holdContests, type TunedCall } from "./vendor/tune";
import { Vendor } from "./vendor/vendor";

const DTYPES: readonly DType[] = ["f32", "i32", "u8", "bool", "f16", "bf16"];

/**
 * The CUDA backend: kernels compiled ahead of time, on NVIDIA GPUs of compute capability 8.0 and up. `VERTEBRA_CUDA_DRIVER=host` runs
 * the same kernels on the processor; such a device has the feature `test-driver`.
 * @throws ArgumentError, on opening, for options that don't exist or are out of range; DeviceError where there is no such GPU.
 */
export const cuda = (options: CudaOptions = {}): Backend => ({
  name: "cuda",
  open: async () => {
    requireOptions(options);
    const { loaded, gpus } = await findGpus();
    const index = options.index ?? 0;
    const gpu = gpus[index];
    if (gpu) requireReady(gpu, loaded);
    const { device, info } = loaded.native.open(loaded.driver, index);
    try {
      const vendor = await vendorSwitch(options, isHostDriver(info));
      return new CudaDevice(loaded, { device, info, index, options, vendor });
    } catch (error) {
      await loaded.native.close(device);
      throw error;
    }
  },
});

interface Opened {
  /** The addon's number of the device. */
  readonly device: number;
  readonly info: DeviceInfo;
  /** The driver's. */
  readonly index: number;
  readonly options: CudaOptions;
  readonly vendor: VendorSwitch;
}

/** What a device has done since it was opened. */
export interface CudaCounts {
  readonly launches: number;
  /** Calls of the addon that carried them. */
  readonly batches: number;
  /** Products and convolutions that one of NVIDIA's libraries did. */
  readonly vendorCalls: number;
}

class CudaDevice implements Device {
  readonly name: string;
  readonly adapter: string;
  readonly features: readonly string[];
  readonly floatDtype = "f32";
  readonly dtypes = DTYPES;
  readonly kernels: Kernels;
  readonly fused: FusedKernels;
  readonly takesHalf: NonNullable<Device["takesHalf"]> = (kernel) => HALF_PLANS.has(kernel);
  readonly #native: Loaded["native"];
  readonly #device: number;
  readonly #opened: Opened;
  readonly #runtime: Runtime;
  /** Why nothing works any more. */
  #ended: ((op: string) => Error) | undefined;
  #bytesInUse = 0;
  #peakBytes = 0;
  #buffers = 0;

  constructor(loaded: Loaded, opened: Opened) {
    const { device, info, index } = opened;
    this.name = index === 0 ? "cuda" : `cuda:${index}`;
    this.adapter = `${info.name}, compute capability ${info.computeMajor}.${info.computeMinor}`;
    this.features = isHostDriver(info) ? ["test-driver"] : [];
    this.#native = loaded.native;
    this.#device = device;
    this.#opened = opened;
    this.#runtime = this.#createRuntime(loaded, opened);
    const dispatch = createDispatch(this.#runtime);
    this.kernels = dispatch(plans);
    this.fused = dispatch(fusedPlans);
  }

  get counts(): CudaCounts {
    return this.#runtime.queue.counts;
  }

  get libraries(): readonly string[] {
    const { vendor } = this.#opened;
    if (vendor.off !== undefined) return [vendor.off];
    return this.#ended ? [] : (this.#runtime.vendor?.lines ?? []);
  }

  allocate(bytes: number): Buffer {
    this.#requireUsable("allocate");
    const buffer = this.#take(bytes);
    this.#bytesInUse += buffer.classBytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytesInUse);
    this.#buffers++;
    return buffer;
  }

  release(buffer: Buffer): void {
    const own = buffer as CudaBuffer;
    if (!this.#ended) this.#runtime.pool.give(own);
    this.#bytesInUse -= own.classBytes;
    this.#buffers--;
  }

  write(buffer: Buffer, bytes: Uint8Array): void {
    this.#requireUsable("write");
    if (bytes.byteLength === 0) return;
    this.#runtime.queue.flush();
    this.#native.write(this.#device, (buffer as CudaBuffer).block, 0, bytes);
  }

  async read(buffer: Buffer, bytes: number): Promise<Uint8Array> {
    this.#requireUsable("read");
    if (bytes === 0) return new Uint8Array(0);
    this.#runtime.queue.flush();
    return this.#guarded(this.#native.read(this.#device, (buffer as CudaBuffer).block, 0, bytes));
  }

  async sync(): Promise<void> {
    this.#requireUsable("sync");
    this.#runtime.queue.flush();
    await this.#guarded(this.#native.sync(this.#device));
  }

  memory(): MemoryInfo {
    return { bytesInUse: this.#bytesInUse, peakBytes: this.#peakBytes, buffers: this.#buffers };
  }

  resetPeak(): void {
    this.#peakBytes = this.#bytesInUse;
  }

  /** Gives the GPU back the memory that no tensor has. */
  empty(): void {
    this.#requireUsable("empty");
    this.#runtime.pool.trim();
  }

  /** See `timeOnGpu`. */
  async time(work: () => void): Promise<number> {
    await this.sync();
    const start = this.#native.mark(this.#device);
    const marks = [start];
    try {
      work();
      this.#runtime.queue.flush();
      const end = this.#native.mark(this.#device);
      marks.push(end);
      await this.sync();
      return this.#native.elapsedMs(this.#device, start, end);
    } finally {
      if (!this.#ended) for (const mark of marks) this.#native.freeMark(this.#device, mark);
    }
  }

  async close(): Promise<void> {
    if (this.#ended === closed) return;
    this.#ended = closed;
    await this.#native.close(this.#device);
  }

  /** See the function `tune`. */
  async tune(fn: () => unknown): Promise<readonly TunedCall[]> {
    this.#requireUsable("tune");
    const { vendor } = this.#runtime;
    if (!vendor) return [];
    const contests = new Contests();
    this.#runtime.contests = contests;
    try {
      await fn();
    } finally {
      this.#runtime.contests = undefined;
    }
    return this.#guarded(
      holdContests({ native: this.#native, device: this.#device, runtime: this.#runtime, vendor }, contests.all),
    );
  }

  #createRuntime(loaded: Loaded, { info, options, vendor }: Opened): Runtime {
    const [native, device] = [loaded.native, this.#device];
    const queue = new LaunchQueue(native, device);
    const pool = new BlockPool({
      alloc: (bytes) => native.alloc(device, bytes),
      free: (buffer) => {
        queue.flush();
        native.free(device, buffer);
      },
    });
    const gpu = `${this.adapter}, driver ${info.driverVersion}`;
    const write = (buffer: CudaBuffer, bytes: Uint8Array) => this.write(buffer, bytes);
    return {
      limits: {
        multiprocessors: info.multiprocessors,
        sharedBytesPerBlock: info.sharedBytesPerBlock,
        tf32: options.tf32 ?? false,
      },
      pool,
      queue,
      library: new KernelLibrary(loaded, device, info),
      tables: new Tables(pool, write),
      steps: [],
      copy: (step) => this.#copy(step),
      vendor: vendor.off === undefined ? new Vendor({ native, device, queue, pool, gpu, ...vendor }) : undefined,
      requireUsable: (op) => this.#requireUsable(op),
    };
  }

  #copy({ copyBytes, from, to }: Copy): void {
    this.#runtime.queue.flush();
    const [source, target] = [from.memory as CudaBuffer, to.memory as CudaBuffer];
    this.#native.copy(this.#device, target.block, 0, this.#device, source.block, 0, copyBytes);
  }

  #take(bytes: number): CudaBuffer {
    try {
      return this.#runtime.pool.take(bytes);
    } catch (error) {
      const { idleBytes } = this.#runtime.pool;
      throw outOfMemory(error, bytes, { ...this.memory(), idleBytes, ...this.#native.memInfo(this.#device) });
    }
  }

  /** A context that a kernel broke stays broken: whoever comes later hears why. */
  async #guarded<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (isFatal(error)) this.#ended ??= () => error as Error;
      throw error;
    }
  }

  #requireUsable(op: string): void {
    if (this.#ended) throw this.#ended(op);
  }
}

/** Launches of a device since it was opened; undefined on other backends. */
export const countsOf = (device: Device): CudaCounts | undefined =>
  device instanceof CudaDevice ? { ...device.counts } : undefined;

/**
 * Milliseconds by the GPU's own clock from the first launch of the synchronous `work` to its last one's end, by CUDA events; waits for the device before
 * and behind it. Undefined, and `work` isn't called, on other backends.
 */
export const timeOnGpu = (device: Device, work: () => void): Promise<number> | undefined =>
  device instanceof CudaDevice ? device.time(work) : undefined;

/**
 * Measures our kernels against NVIDIA's libraries for every product and convolution that `fn` does (a step of training, say) and that
 * wasn't measured before, and keeps for this GPU, driver and libraries which is the faster, in `$XDG_CACHE_HOME/vertebra`. Until then,
 * and for all other calls, a rule holds that knows only the call; so nothing is ever chosen by chance. Seconds for a network.
 * @throws ArgumentError for a device of another backend.
 */
export function tune(device: Device, fn: () => unknown): Promise<readonly TunedCall[]> {
  if (!(device instanceof CudaDevice)) throw notCuda("tune", device.name);
  return device.tune(fn);
}
