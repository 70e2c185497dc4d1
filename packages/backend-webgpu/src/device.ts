import type {
  Backend,
  Buffer,
  Device,
  DType,
  FusedKernels,
  Kernels,
  MemoryInfo,
  OutOfMemoryError,
  VertebraError,
} from "@vertebra/core";
import { type FoundAdapter, findAdapter } from "./adapter";
import { BufferPool, type GpuBuffer } from "./buffers";
import { type Capabilities, requestDevice } from "./capabilities";
import { type Call, createDispatch, type Runtime } from "./dispatch";
import { ErrorScopes, isOutOfMemory } from "./error-scopes";
import { closed, lost, outOfMemory, refused, tooLarge, uncompiled } from "./errors";
import { destroyAtExit, keepUntilExit } from "./exit";
import { Failures } from "./failures";
import { fusedPlans, HALF_PLANS, plans } from "./kernels/index";
import type { Limits } from "./launch";
import { bufferMaker } from "./make-buffer";
import { requireOptions, type WebgpuOptions } from "./options";
import { Pipelines } from "./pipelines";
import { WorkQueue } from "./queue";
import { Readers } from "./readers";
import { Staging } from "./staging";
import { Tables } from "./tables";
import { elapsedMs, TIMER_BYTES, Timer } from "./timer";
import { WarmUp } from "./warm-up";

const DTYPES: readonly DType[] = ["f32", "i32", "u8", "bool", "f16", "bf16"];

/**
 * The WebGPU backend: WGSL kernels on the browser's `navigator.gpu`, in Node on the package `webgpu` (Dawn), which is loaded only
 * when a device is opened. A device on a software adapter has the feature `software`.
 * @throws ArgumentError, on opening, for options that don't exist or are out of range.
 */
export const webgpu = (options: WebgpuOptions = {}): Backend => ({
  name: "webgpu",
  open: async () => {
    requireOptions(options);
    const found = await findAdapter(options);
    return deviceOn(found, await requestDevice(found));
  },
});

/** The backend's device on a GPUDevice that is there already; `replaced` are plans in the place of its own, for tests of failures. */
export const deviceOn = (
  found: Pick<FoundAdapter, "name" | "isSoftware">,
  capabilities: Capabilities,
  replaced: Partial<typeof plans> = {},
): Device => new WebgpuDevice(found, capabilities, replaced);

/** What a `WebgpuDevice` has done since it was opened. */
export interface WebgpuCounts {
  readonly launches: number;
  readonly submits: number;
  /** From the host to the device. */
  readonly uploadedBytes: number;
}

class WebgpuDevice implements Device {
  readonly name = "webgpu";
  readonly adapter: string;
  readonly features: readonly string[];
  readonly floatDtype = "f32";
  readonly dtypes = DTYPES;
  readonly kernels: Kernels;
  readonly fused: FusedKernels;
  readonly takesHalf: NonNullable<Device["takesHalf"]>;
  readonly #gpu: GPUDevice;
  readonly #scopes: ErrorScopes;
  readonly #failures: Failures;
  readonly #staging: Staging;
  readonly #readers: Readers;
  readonly #runtime: Runtime;
  #bytesInUse = 0;
  #peakBytes = 0;
  #buffers = 0;

  constructor(
    { name, isSoftware }: Pick<FoundAdapter, "name" | "isSoftware">,
    { gpu, features, limits }: Capabilities,
    replaced: Partial<typeof plans>,
  ) {
    this.adapter = name;
    this.features = [...(isSoftware ? ["software"] : []), ...features];
    const hasHalf = features.includes("shader-f16");
    this.takesHalf = (kernel, dtype) => hasHalf && dtype === "f16" && HALF_PLANS.has(kernel);
    this.#gpu = gpu;
    this.#scopes = new ErrorScopes(gpu);
    this.#failures = new Failures(() => this.#runtime.queue.endBatch());
    this.#staging = new Staging(gpu, (bytes, message) => this.#outOfMemory(bytes, message));
    this.#runtime = this.#createRuntime(limits);
    this.#readers = new Readers(this.#runtime.pool.make);
    const dispatch = createDispatch(this.#runtime);
    this.kernels = dispatch({ ...plans, ...replaced });
    this.fused = dispatch(fusedPlans);
    this.#listen();
  }

  get counts(): WebgpuCounts {
    return this.#runtime.queue.counts;
  }

  allocate(bytes: number): Buffer {
    this.#failures.requireUsable("allocate");
    const { pool, queue, limits } = this.#runtime;
    if (bytes > limits.maxBufferSize) throw tooLarge(bytes, limits.maxBufferSize, this.#use(), this.adapter);
    const buffer = pool.take(bytes, queue.batch);
    this.#bytesInUse += buffer.classBytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytesInUse);
    this.#buffers++;
    return buffer;
  }

  release(buffer: Buffer): void {
    if (this.#runtime.warmUp.hold(() => this.release(buffer))) return;
    const own = buffer as GpuBuffer;
    if (!this.#failures.ended) this.#runtime.pool.give(own);
    this.#bytesInUse -= own.classBytes;
    this.#buffers--;
  }

  write(buffer: Buffer, bytes: Uint8Array): void {
    this.#failures.requireUsable("write");
    if (bytes.byteLength === 0) return;
    const { pool, queue, warmUp } = this.#runtime;
    if (warmUp.held) {
      // The caller may reuse them.
      const copied = bytes.slice();
      warmUp.hold(() => this.write(buffer, copied));
      return;
    }
    const own = buffer as GpuBuffer;
    pool.renew(own);
    queue.upload(own.gpu, bytes);
    own.writtenIn = queue.batch;
  }

  async read(buffer: Buffer, bytes: number): Promise<Uint8Array> {
    this.#failures.requireUsable("read");
    if (bytes === 0) return new Uint8Array(0);
    const { held } = this.#runtime.warmUp;
    if (held) return new Promise((resolve, reject) => held.calls.push(() => this.read(buffer, bytes).then(resolve, reject)));
    const own = buffer as GpuBuffer;
    this.#failures.requireKept("read", [own]);
    const { queue } = this.#runtime;
    const reader = this.#readers.take(bytes);
    queue.copy(own, { gpu: reader }, bytes);
    const { batch } = queue;
    queue.flush();
    const copied = await this.#readers.read(reader, bytes).catch((error: unknown) => error as Error);
    await this.#scopes.settled();
    if (copied instanceof Error && this.#failures.ended) throw this.#failures.ended();
    this.#failures.requireDone(batch);
    if (copied instanceof Error) throw refused(this.adapter, copied.message, undefined);
    return copied;
  }

  async sync(): Promise<void> {
    this.#failures.requireUsable("sync");
    await this.#runtime.warmUp.done;
    const { queue } = this.#runtime;
    queue.flush();
    // Rejected where the device is lost.
    await this.#gpu.queue.onSubmittedWorkDone().catch(() => {});
    await this.#scopes.settled();
    this.#failures.requireUsable("sync");
  }

  memory(): MemoryInfo {
    return { bytesInUse: this.#bytesInUse, peakBytes: this.#peakBytes, buffers: this.#buffers };
  }

  resetPeak(): void {
    this.#peakBytes = this.#bytesInUse;
  }

  /** See `timeOnGpu`. */
  async time(work: () => void): Promise<number> {
    await this.sync();
    const { queue } = this.#runtime;
    const timer = new Timer(this.#gpu);
    try {
      timer.begin(queue);
      work();
      const reader = this.#readers.take(TIMER_BYTES);
      timer.end(queue, reader);
      queue.flush();
      const stamps = await this.#readers.read(reader, TIMER_BYTES);
      await this.sync();
      return elapsedMs(stamps);
    } finally {
      // Work that failed has left its beginning.
      queue.flush();
      timer.destroy();
    }
  }

  async close(): Promise<void> {
    if (this.#failures.ended) return;
    this.#failures.ended = closed;
    this.#staging.destroy();
    this.#readers.destroy();
    destroyAtExit.delete(this.#gpu);
    this.#gpu.destroy();
  }

  /** See `warmUp`. */
  async prepare(fn: () => unknown): Promise<void> {
    await this.#runtime.warmUp.run(fn);
    await this.#scopes.settled();
    this.#failures.requireUsable("warmUp");
  }

  #createRuntime(limits: Limits): Runtime {
    const [gpu, scopes, failures] = [this.#gpu, this.#scopes, this.#failures];
    const queue = new WorkQueue(gpu, this.#staging, scopes, (batch) => {
      const { current } = this.#runtime;
      return (message, isOutOfMemory) => failures.consequence(this.#refused(message, isOutOfMemory, current), batch);
    });
    const onOutOfMemory = async (bytes: number, message: string, batch: number) => {
      failures.cause(this.#outOfMemory(bytes, message), batch);
      this.#runtime.pool.trim();
      // Whoever hears of it finds the memory given back.
      await gpu.queue.onSubmittedWorkDone().catch(() => {});
    };
    const pool = new BufferPool(bufferMaker({ gpu, scopes, queue, onOutOfMemory }), limits.maxBufferSize, (buffers) => {
      queue.flush();
      this.#runtime.pipelines.forgetBindGroups();
      for (const buffer of buffers) buffer.destroy();
      // Dawn frees the memory of what was destroyed when work comes behind it.
      gpu.queue.submit([]);
    });
    const pipelines = new Pipelines(gpu, scopes, queue.params.buffer, ({ name }) => {
      const { current, warmUp } = this.#runtime;
      // What is compiled ahead is in no batch yet.
      const batch = warmUp.held ? Number.POSITIVE_INFINITY : queue.batch;
      return (message) => failures.cause(uncompiled(name, this.adapter, message, current), batch);
    });
    const tables = new Tables(pool, queue, failures);
    const warmUp = new WarmUp(failures, () => queue.endBatch());
    return { limits, queue, pool, tables, pipelines, failures, warmUp, current: undefined };
  }

  #listen(): void {
    keepUntilExit(this.#gpu);
    this.#gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault?.();
      const { queue, current } = this.#runtime;
      const { batch } = queue;
      const refused = this.#refused(event.error.message, isOutOfMemory(event.error), current);
      this.#scopes.afterwards(() => this.#failures.consequence(refused, batch));
    });
    this.#gpu.lost.then(({ reason, message }) => {
      destroyAtExit.delete(this.#gpu);
      this.#failures.ended ??= () => lost(this.adapter, message || reason);
    });
  }

  #refused(message: string, isOutOfMemory: boolean, call: Call | undefined): VertebraError {
    return isOutOfMemory ? this.#outOfMemory(undefined, message) : refused(this.adapter, message, call);
  }

  #outOfMemory(bytes: number | undefined, message: string): OutOfMemoryError {
    return outOfMemory(bytes, this.#use(), this.adapter, message);
  }

  #use(): MemoryInfo & { readonly idleBytes: number } {
    return { ...this.memory(), idleBytes: this.#runtime.pool.idleBytes };
  }
}

/**
 * Runs `fn` once with its kernels compiled in the background and all at once, instead of one after the other where they are first
 * used: `await warmUp(device, () => model.forward(x))`. Ops called meanwhile wait behind it. Calls of the same shapes find every
 * kernel ready then. On other backends it does nothing. @throws ArgumentError if `fn` is asynchronous.
 */
export async function warmUp(device: Device, fn: () => unknown): Promise<void> {
  if (!(device instanceof WebgpuDevice)) return;
  await device.prepare(fn);
}

/** Launches, submits and uploaded bytes of a device since it was opened; undefined on other backends. */
export const countsOf = (device: Device): WebgpuCounts | undefined =>
  device instanceof WebgpuDevice ? { ...device.counts } : undefined;

/**
 * Milliseconds by the GPU's own clock from before the first launch of the synchronous `work` to its last one's end, by timestamp queries; waits for the
 * device before and behind it. Browsers round them to 100 µs. Undefined, and `work` isn't called, where the adapter has no `timestamp-query`, and on
 * other backends.
 */
export const timeOnGpu = (device: Device, work: () => void): Promise<number> | undefined =>
  device instanceof WebgpuDevice && device.features.includes("timestamp-query") ? device.time(work) : undefined;
