import type { Backend, Buffer, Device, DType, FusedKernels, Kernels, MemoryInfo } from "@vertebra/core";
import type { DeviceInfo } from "./addon";
import { createDispatch, type Runtime } from "./dispatch";
import { broken, closed, isFatal, notCuda, outOfMemory } from "./errors";
import { isHostDriver } from "./images";
import { KernelLibrary } from "./kernel-library";
import { fusedPlans, HALF_PLANS, plans } from "./kernels/index";
import { findGpus, requireReady } from "./machine";
import { intercepted, type Loaded } from "./native";
import { type CudaOptions, requireOptions } from "./options";
import { BlockPool, type CudaBuffer } from "./pool";
import { LaunchQueue } from "./queue";
import { Recorder } from "./recorder";
import { ReservingPool } from "./reserving-pool";
import { Tables } from "./tables";
import { type VendorSwitch, vendorSwitch } from "./vendor/switch";
import { Contests, holdContests, type TunedCall } from "./vendor/tune";
import { Vendor } from "./vendor/vendor";

/** Compute capability 9.0: no other has these instructions, later ones neither. */
const hasWarpgroupProducts = ({ computeMajor, computeMinor }: DeviceInfo): boolean => computeMajor === 9 && computeMinor === 0;
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

/** An open GPU. */
export class CudaDevice implements Device {
  readonly name: string;
  readonly adapter: string;
  readonly features: readonly string[];
  readonly floatDtype = "f32";
  readonly dtypes = DTYPES;
  readonly kernels: Kernels;
  readonly fused: FusedKernels;
  readonly takesHalf: NonNullable<Device["takesHalf"]> = (kernel) => HALF_PLANS.has(kernel);
  readonly eachReplay: NonNullable<Device["eachReplay"]> = (work) => this.recorder.eachReplay(work);
  readonly recorder: Recorder;
  readonly #native: Loaded["native"];
  readonly #device: number;
  readonly #opened: Opened;
  readonly #driver: string | undefined;
  readonly #runtime: Runtime;
  /** Why nothing works any more. */
  #ended: ((op: string) => Error) | undefined;
  #bytesInUse = 0;
  #peakBytes = 0;
  #buffers = 0;

  constructor({ native, ...rest }: Loaded, opened: Opened) {
    const { device, info, index } = opened;
    // A context that a kernel broke stays broken: whoever comes later hears why.
    const watched = intercepted(native, (_, error) => {
      if (isFatal(error)) this.#ended ??= (op) => broken(op, error);
      return error;
    });
    const loaded = { ...rest, native: watched };
    this.name = index === 0 ? "cuda" : `cuda:${index}`;
    this.adapter = `${info.name}, compute capability ${info.computeMajor}.${info.computeMinor}`;
    this.features = isHostDriver(info) ? ["test-driver"] : [];
    this.#native = watched;
    this.#driver = rest.driver;
    this.#device = device;
    this.#opened = opened;
    this.#runtime = this.#createRuntime(loaded, opened);
    this.recorder = new Recorder(watched, device, this.#runtime.queue, this.#runtime.pool);
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
    this.requireUsable("allocate");
    const buffer = this.#runtime.pool.take(bytes);
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
    this.requireUsable("write");
    if (bytes.byteLength === 0) return;
    this.recorder.requireWritable(buffer as CudaBuffer);
    this.#upload(buffer as CudaBuffer, bytes);
  }

  async read(buffer: Buffer, bytes: number): Promise<Uint8Array> {
    this.requireUsable("read");
    this.recorder.requireNotRecording("read");
    if (bytes === 0) return new Uint8Array(0);
    this.#runtime.queue.flush();
    return this.#native.read(this.#device, (buffer as CudaBuffer).block, 0, bytes);
  }

  /** From GPU to GPU, where the hardware lets them; else the driver goes through the host. */
  receive(buffer: Buffer, from: Device, source: Buffer, bytes: number): boolean {
    if (!(from instanceof CudaDevice) || from.#driver !== this.#driver) return false;
    for (const device of [from, this]) {
      device.requireUsable("to");
      device.recorder.requireNotRecording("to");
      device.#runtime.queue.flush();
    }
    const [to, there] = [buffer as CudaBuffer, source as CudaBuffer];
    if (bytes > 0) this.#native.copy(this.#device, to.block, 0, from.#device, there.block, 0, bytes);
    return true;
  }

  async sync(): Promise<void> {
    this.requireUsable("sync");
    this.recorder.requireNotRecording("sync");
    this.#runtime.queue.flush();
    await this.#native.sync(this.#device);
  }

  memory(): MemoryInfo {
    return { bytesInUse: this.#bytesInUse, peakBytes: this.#peakBytes, buffers: this.#buffers };
  }

  resetPeak(): void {
    this.#peakBytes = this.#bytesInUse;
  }

  /** Gives the GPU back the memory that no tensor and no recording has: other processes may have it. Waits for the device. */
  empty(): void {
    this.requireUsable("empty");
    this.#runtime.pool.pool.trim();
    this.#native.trim(this.#device);
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
    this.requireUsable("tune");
    this.recorder.requireNotRecording("tune");
    const { vendor } = this.#runtime;
    if (!vendor) return [];
    const contests = new Contests();
    this.#runtime.contests = contests;
    try {
      await fn();
    } finally {
      this.#runtime.contests = undefined;
    }
    return holdContests({ native: this.#native, device: this.#device, runtime: this.#runtime, vendor }, contests.all);
  }

  get isUsable(): boolean {
    return !this.#ended;
  }

  /** @throws DeviceError once the device is closed or broken. */
  requireUsable(op: string): void {
    if (this.#ended) throw this.#ended(op);
  }

  #createRuntime(loaded: Loaded, { info, options, vendor }: Opened): Runtime {
    const [native, device] = [loaded.native, this.#device];
    const queue = new LaunchQueue(native, device);
    const pool: BlockPool = new BlockPool({
      alloc: (bytes) => native.alloc(device, bytes),
      free: (buffer) => {
        queue.flush();
        native.free(device, buffer);
      },
      trim: () => native.trim(device),
      refusal: (bytes, trimmed) =>
        outOfMemory(bytes, { ...this.memory(), keptBytes: reserving.keptBytes, trimmed, ...native.memInfo(device) }),
    });
    const reserving: ReservingPool = new ReservingPool(pool);
    const gpu = `${this.adapter}, driver ${info.driverVersion}`;
    return {
      limits: {
        multiprocessors: info.multiprocessors,
        sharedBytesPerBlock: info.sharedBytesPerBlock,
        tf32: options.tf32 ?? false,
        warpgroups: (options.warpgroups ?? true) && hasWarpgroupProducts(info),
      },
      pool: reserving,
      queue,
      library: new KernelLibrary(loaded, device, info),
      tables: new Tables(reserving, (buffer, bytes) => this.#upload(buffer, bytes)),
      vendor: vendor.off === undefined ? new Vendor({ native, device, queue, pool: reserving, gpu, ...vendor }) : undefined,
      requireUsable: (op) => this.requireUsable(op),
    };
  }

  #upload(buffer: CudaBuffer, bytes: Uint8Array): void {
    this.#runtime.queue.flush();
    this.#native.write(this.#device, buffer.block, 0, bytes);
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
