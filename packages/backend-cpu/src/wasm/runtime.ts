import { ArgumentError, DeviceError } from "@vertebra/core";
import { Allocator, OVERREAD_BYTES } from "./allocator";
import { compileModule, hasRelaxedSimd, type ModuleExports, type Simd, type Variant } from "./module";
import { type Threading, threading, WORKER_STACK_BYTES, type WorkerThread } from "./threads";

export interface RuntimeOptions {
  /** Threads that share a kernel's work, the caller's included: 1–64. Default: as many as the machine has cores. */
  readonly threads?: number;
  /** Instructions to use. "auto" takes relaxed SIMD where the engine has it. */
  readonly simd?: "auto" | Simd;
}

const PAGE_BYTES = 65536;
const INITIAL_PAGES = 256;
/** Address space asked for, best first: the whole of wasm32, then what smaller address spaces may grant. */
const MAXIMUM_PAGES = [65536, 32768, 16384];
const GROWTH_BYTES = 16 * 1024 * 1024;
const PARAMETER_WORDS = 1024;
const MAX_THREADS = 64;
/** Looks at a shared counter before a thread sleeps: some 30 µs. */
const SPINS = 20_000;

/** Loads the kernels and starts the threads. @throws DeviceError if the engine can't run them. */
export async function openRuntime({ threads, simd = "auto" }: RuntimeOptions = {}): Promise<Runtime> {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS))
    throw new ArgumentError("cpu", { rule: `threads must be an integer from 1 to ${MAX_THREADS}`, got: `${threads}` });
  const host = threads === 1 ? undefined : threading();
  const workers = Math.min(threads ?? host?.parallelism ?? 1, MAX_THREADS);
  const instructions = simd === "auto" ? (hasRelaxedSimd() ? "relaxed" : "simd") : simd;
  if (host === undefined || workers === 1) return Runtime.open(instructions, undefined, 1);
  return Runtime.open(`${instructions}-threads`, host, workers);
}

/** The kernels' memory, entry points and threads. */
export class Runtime {
  readonly memory: WebAssembly.Memory;
  /** Threads that share a kernel's work, the caller's included. */
  readonly workers: number;
  readonly variant: Variant;
  readonly #allocator: Allocator;
  readonly #exports: ModuleExports;
  readonly #entries: Readonly<Record<string, unknown>>;
  readonly #parameterBlock: number;
  #words!: Int32Array;
  #floatWords!: Float32Array;
  #threads: readonly WorkerThread[] = [];
  /** Why nothing runs any more. */
  #stopped: string | undefined;

  private constructor(variant: Variant, workers: number, memory: WebAssembly.Memory, exports: ModuleExports) {
    this.variant = variant;
    this.workers = workers;
    this.memory = memory;
    this.#exports = exports;
    this.#entries = exports as unknown as Readonly<Record<string, unknown>>;
    this.#parameterBlock = exports.parameterBlock();
    this.#refreshViews();
    this.#allocator = new Allocator({
      base: exports.__heap_base.value as number,
      end: memory.buffer.byteLength - OVERREAD_BYTES,
      grow: (bytes) => this.#grow(bytes),
    });
  }

  /** Use `openRuntime`. */
  static async open(variant: Variant, host: Threading | undefined, workers: number): Promise<Runtime> {
    const module = await compileModule(variant);
    const memory = createMemory(host !== undefined);
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
    const runtime = new Runtime(variant, workers, memory, exports as unknown as ModuleExports);
    runtime.#exports.configure(workers, host?.mayWait ? 1 : 0, SPINS);
    if (host) await runtime.#startThreads(module, host);
    return runtime;
  }

  /** Runs the kernel `entry` to its end. Its argument struct is `ints` (pointers too), then `floats`. */
  launch(entry: string, ints: readonly number[], floats?: readonly number[]): void {
    if (this.#stopped !== undefined) throw this.#stoppedError(entry);
    const kernel = this.#entries[entry];
    if (typeof kernel !== "function")
      throw new DeviceError("cpu", {
        rule: "entry must name a kernel",
        got: `"${entry}"`,
        fix: "Rebuild the kernels with build:wasm",
      });
    const count = ints.length;
    if (count + (floats?.length ?? 0) > PARAMETER_WORDS)
      throw new DeviceError("cpu", { rule: `${entry} takes at most ${PARAMETER_WORDS} words`, got: `${count}` });
    for (let i = 0; i < count; i++) this.#words[i] = ints[i] as number;
    if (floats) for (let i = 0; i < floats.length; i++) this.#floatWords[count + i] = floats[i] as number;
    try {
      kernel(this.#parameterBlock);
    } catch (error) {
      // Other threads may still be in the kernel, and its caller's stack is lost: nothing can follow.
      this.#stop(`kernel ${entry} trapped: ${String(error)}`);
      throw this.#stoppedError(entry);
    }
  }

  /** The error that a kernel raised over values (errors.h) since the last call; 0 for none. */
  takeError(): number {
    return this.#exports.takeError();
  }

  /** `bytes` bytes, 64-byte aligned, contents undefined. @throws OutOfMemoryError with what is in use and what is free. */
  allocate(bytes: number): number {
    if (this.#stopped !== undefined) throw this.#stoppedError("allocate");
    return this.#allocator.allocate(bytes);
  }

  /** Gives back what `allocate` returned. After `close`, nothing happens: the memory is gone as a whole. */
  release(pointer: number): void {
    if (this.#stopped === undefined) this.#allocator.release(pointer);
  }

  get bytesInUse(): number {
    return this.#allocator.bytesInUse;
  }

  get peakBytes(): number {
    return this.#allocator.peakBytes;
  }

  get capacityBytes(): number {
    return this.#allocator.capacityBytes;
  }

  /** A view of `n` floats, valid until the next `allocate`. */
  f32(pointer: number, n: number): Float32Array {
    return new Float32Array(this.memory.buffer, pointer, n);
  }

  /** A view of `n` bytes, valid until the next `allocate`. */
  bytes(pointer: number, n: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, pointer, n);
  }

  /** Ends the threads. Any later use is a DeviceError; closing twice is fine. */
  close(): void {
    this.#stop("the device is closed");
  }

  async #startThreads(module: WebAssembly.Module, host: Threading): Promise<void> {
    const starts = Array.from({ length: this.workers - 1 }, (_, i) => {
      const stackTop = this.#allocator.allocate(WORKER_STACK_BYTES) + WORKER_STACK_BYTES;
      return host.start({ module, memory: this.memory, stackTop, index: i + 1 });
    });
    const results = await Promise.allSettled(starts);
    this.#threads = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const failure = results.find((result) => result.status === "rejected");
    if (failure === undefined) return;
    this.close();
    throw failure.reason;
  }

  #grow(bytes: number): number | undefined {
    const before = this.memory.buffer.byteLength;
    // In proportion to what is there, so that a growing training job doesn't stop every 16 MiB.
    const generous = Math.max(bytes, GROWTH_BYTES, before / 8);
    for (const wanted of [generous, bytes]) {
      try {
        this.memory.grow(Math.ceil(wanted / PAGE_BYTES));
        this.#refreshViews();
        return this.memory.buffer.byteLength - OVERREAD_BYTES;
      } catch {
        // A RangeError: past the maximum, or the system has no more. The smaller step is next.
      }
    }
    return undefined;
  }

  /** Growing detaches the views of an unshared memory. */
  #refreshViews(): void {
    this.#words = new Int32Array(this.memory.buffer, this.#parameterBlock, PARAMETER_WORDS);
    this.#floatWords = new Float32Array(this.memory.buffer, this.#parameterBlock, PARAMETER_WORDS);
  }

  #stop(reason: string): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = reason;
    this.#exports.stopWorkers();
    for (const thread of this.#threads) thread.terminate();
    this.#threads = [];
  }

  #stoppedError(where: string): DeviceError {
    return new DeviceError("cpu", {
      rule: `${where} needs an open device`,
      got: this.#stopped as string,
      fix: "Open a new device with cpu()",
    });
  }
}

function createMemory(shared: boolean): WebAssembly.Memory {
  let failure: unknown;
  for (const maximum of MAXIMUM_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared });
    } catch (error) {
      failure = error;
    }
  }
  throw new DeviceError("cpu", { rule: "16 MiB of WebAssembly memory must be available", got: String(failure) });
}
