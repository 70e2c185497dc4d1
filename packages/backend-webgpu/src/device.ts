import {
  type Backend,
  type Buffer,
  type Device,
  DeviceError,
  type DType,
  type FusedKernels,
  formatShape,
  type Kernels,
  type MemoryInfo,
  OutOfMemoryError,
  type VertebraError,
} from "@vertebra/core";
import { type AdapterOptions, type FoundAdapter, findAdapter } from "./adapter";
import { BufferPool, type GpuBuffer } from "./buffers";
import { type Capabilities, requestDevice } from "./capabilities";
import { type Call, createDispatch, type Runtime } from "./dispatch";
import { destroyAtExit, keepUntilExit } from "./exit";
import { fusedPlans, plans } from "./kernels/index";
import { Pipelines } from "./pipelines";
import { WorkQueue } from "./queue";
import { Staging } from "./staging";
import { Tables } from "./tables";

export interface WebgpuOptions extends AdapterOptions {}

const DTYPES: readonly DType[] = ["f32", "i32", "u8", "bool", "f16", "bf16"];

/**
 * The WebGPU backend: WGSL kernels on the browser's `navigator.gpu`, in Node on the package `webgpu` (Dawn), which is loaded only
 * when a device is opened. A device on a software adapter has the feature `software`.
 */
export const webgpu = (options: WebgpuOptions = {}): Backend => ({
  name: "webgpu",
  open: async () => {
    const found = await findAdapter(options);
    return deviceOn(found, await requestDevice(found));
  },
});

/** The backend's device on a GPUDevice that is there already. */
export const deviceOn = (found: Pick<FoundAdapter, "name" | "isSoftware">, capabilities: Capabilities): Device =>
  new WebgpuDevice(found, capabilities);

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
  readonly #gpu: GPUDevice;
  readonly #staging: Staging;
  readonly #runtime: Runtime;
  /** Set for good once the device is closed or lost. */
  #ended: DeviceError | undefined;
  /** What went wrong since somebody last waited; told to whoever waits next. */
  #failure: VertebraError | undefined;
  #bytesInUse = 0;
  #peakBytes = 0;
  #buffers = 0;

  constructor({ name, isSoftware }: Pick<FoundAdapter, "name" | "isSoftware">, { gpu, features, limits }: Capabilities) {
    this.adapter = name;
    this.features = [...(isSoftware ? ["software"] : []), ...features];
    this.#gpu = gpu;
    this.#staging = new Staging(gpu);
    const queue = new WorkQueue(gpu, this.#staging);
    const pool = new BufferPool(gpu, limits.maxBufferSize, () => {
      queue.flush();
      this.#runtime.pipelines.forgetBindGroups();
    });
    this.#runtime = {
      limits,
      queue,
      pool,
      tables: new Tables(pool, queue),
      pipelines: new Pipelines(gpu, queue.params.buffer, (shader, message) =>
        this.#fail(shaderError(shader.name, message, this.adapter, this.#runtime.current)),
      ),
      preparing: undefined,
      current: undefined,
      requireUsable: (op) => this.#requireUsable(op),
    };
    const dispatch = createDispatch(this.#runtime);
    this.kernels = dispatch(plans);
    this.fused = dispatch(fusedPlans);
    this.#listen();
  }

  get counts(): WebgpuCounts {
    return this.#runtime.queue.counts;
  }

  allocate(bytes: number): Buffer {
    this.#requireUsable("allocate");
    const { maxBufferSize } = this.#runtime.limits;
    if (bytes > maxBufferSize) throw this.#tooLarge(bytes, maxBufferSize);
    const buffer = this.#runtime.pool.take(bytes);
    this.#bytesInUse += buffer.classBytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytesInUse);
    this.#buffers++;
    return buffer;
  }

  release(buffer: Buffer): void {
    if (this.#ended) return;
    const own = buffer as GpuBuffer;
    this.#runtime.pool.give(own);
    this.#bytesInUse -= own.classBytes;
    this.#buffers--;
  }

  write(buffer: Buffer, bytes: Uint8Array): void {
    this.#requireUsable("write");
    if (bytes.byteLength > 0) this.#runtime.queue.upload((buffer as GpuBuffer).gpu, bytes);
  }

  async read(buffer: Buffer, bytes: number): Promise<Uint8Array> {
    this.#requireUsable("read");
    if (bytes === 0) return new Uint8Array(0);
    const reader = this.#staging.takeReader(bytes);
    this.#runtime.queue.copy((buffer as GpuBuffer).gpu, reader, bytes);
    this.#runtime.queue.flush();
    const copied = await this.#staging.readBack(reader, bytes).catch((error: unknown) => error as Error);
    await this.#throwFailure();
    if (copied instanceof Error) throw this.#ended ?? copied;
    return copied;
  }

  async sync(): Promise<void> {
    this.#requireUsable("sync");
    this.#runtime.queue.flush();
    await this.#gpu.queue.onSubmittedWorkDone();
    await this.#throwFailure();
    if (this.#ended) throw this.#ended;
  }

  memory(): MemoryInfo {
    return { bytesInUse: this.#bytesInUse, peakBytes: this.#peakBytes, buffers: this.#buffers };
  }

  resetPeak(): void {
    this.#peakBytes = this.#bytesInUse;
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = new DeviceError("webgpu", {
      rule: "the device must be open",
      got: "a closed one",
      fix: "Open a new one with webgpu().open()",
    });
    this.#staging.destroy();
    destroyAtExit.delete(this.#gpu);
    this.#gpu.destroy();
  }

  /** Runs `fn` without computing: only compiles, in the background, the kernels that it would use. See `warmUp`. */
  async prepare(fn: () => unknown): Promise<void> {
    const preparing: Promise<void>[] = [];
    this.#runtime.preparing = preparing;
    try {
      fn();
    } finally {
      this.#runtime.preparing = undefined;
    }
    await Promise.all(preparing);
    await this.#throwFailure();
  }

  #listen(): void {
    keepUntilExit(this.#gpu);
    this.#gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault?.();
      this.#fail(this.#translate(event.error));
    });
    this.#gpu.lost.then(({ reason, message }) => {
      destroyAtExit.delete(this.#gpu);
      this.#ended ??= new DeviceError("webgpu", {
        rule: "the GPU must stay with the process, but the device was lost",
        got: `${this.adapter}: ${message || reason}`,
        fix: "Open a new device with webgpu().open() and load the last checkpoint; its tensors are gone",
      });
    });
  }

  #requireUsable(op: string): void {
    if (this.#ended) throw this.#ended;
    const failure = this.#failure;
    if (!failure) return;
    this.#failure = undefined;
    // Thrown where it is noticed, which is later than where it happened.
    failure.message = `${failure.message} (noticed at ${op})`;
    throw failure;
  }

  /** The first failure is the cause of those behind it, but for a kernel that doesn't compile: that is heard of last. */
  #fail(failure: VertebraError): void {
    if (this.#failure === undefined || failure instanceof KernelError) this.#failure = failure;
  }

  async #throwFailure(): Promise<void> {
    await this.#runtime.pipelines.checked();
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
  }

  #translate(error: GPUError): VertebraError {
    const { message } = error;
    if (error.constructor.name === "GPUOutOfMemoryError") {
      const fix = "Free tensors, or use a smaller batch";
      return new OutOfMemoryError("webgpu", {
        rule: "the GPU must have room",
        got: `${this.#use()} in use on ${this.adapter}: ${message}`,
        fix,
      });
    }
    return new DeviceError("webgpu", {
      rule: "the GPU must take what is recorded",
      got: `${callText(this.#runtime.current)} on ${this.adapter}: ${message}`,
    });
  }

  #tooLarge(bytes: number, most: number): OutOfMemoryError {
    const rule = `a tensor must fit one buffer of ${this.adapter}, ${most} bytes`;
    return new OutOfMemoryError("webgpu", {
      rule,
      got: `${bytes} bytes asked, ${this.#use()} in use`,
      fix: "Use a smaller batch",
    });
  }

  #use(): string {
    return `${this.#bytesInUse} bytes in ${this.#buffers} buffers`;
  }
}

/**
 * Compiles the kernels that `fn` uses, in the background and all at once, without computing anything: `await warmUp(device, () =>
 * model.forward(x))`. What `fn` returns holds no values. The first real call then finds every pipeline ready.
 */
export async function warmUp(device: Device, fn: () => unknown): Promise<void> {
  if (!(device instanceof WebgpuDevice)) return;
  await device.prepare(fn);
}

/** Launches, submits and uploaded bytes of a device since it was opened; undefined on other backends. */
export const countsOf = (device: Device): WebgpuCounts | undefined =>
  device instanceof WebgpuDevice ? { ...device.counts } : undefined;

const callText = (call: Call | undefined): string =>
  call
    ? `${call.op} of ${call.inputs.map(({ shape }) => formatShape(shape)).join(", ")} → ${call.outputs.map(({ shape }) => formatShape(shape)).join(", ")}`
    : "unknown work";

/** A kernel that the adapter doesn't compile. */
class KernelError extends DeviceError {}

const shaderError = (name: string, message: string, adapter: string, call: Call | undefined): KernelError =>
  new KernelError("webgpu", {
    rule: `the kernel ${name} must compile`,
    // The compiler's first words; it goes on with underlined source.
    got: `${callText(call)} on ${adapter}: ${message.split("\n").slice(0, 2).join(" ")}`,
    fix: "Report it with this text, and use the cpu meanwhile",
  });
