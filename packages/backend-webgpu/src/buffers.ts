import type { Buffer } from "@vertebra/core";
import type { GpuMemory } from "./launch";
import type { MakeBuffer } from "./make-buffer";

/** Device memory as core sees it. */
export interface GpuBuffer extends Buffer, GpuMemory {
  /** Replaced where the GPU had no room for it. */
  id: number;
  gpu: GPUBuffer;
  /** The batch of the last work that writes it, or that it was allocated in. */
  writtenIn: number;
  /** Bytes of the whole GPUBuffer: its size class. */
  readonly classBytes: number;
}

/** What a GPUBuffer of the pool may be used for: everything but mapping. `GPUBufferUsage` isn't there before an adapter is. */
const [COPY_SRC, COPY_DST, STORAGE] = [0x4, 0x8, 0x80];
const USAGE = COPY_SRC | COPY_DST | STORAGE;

/** Smallest class: a vec4 read at the last element stays inside. */
const MIN_BYTES = 16;

/**
 * Sizes in steps of a quarter of a power of two, at least 16 bytes: 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, … From 64 bytes on at
 * most a fifth is unused, and a network has few classes.
 */
export function sizeClass(bytes: number): number {
  if (bytes <= 64) return Math.max(MIN_BYTES, Math.ceil(bytes / MIN_BYTES) * MIN_BYTES);
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

/** Idle memory above which a new size class first gives back the others. */
const MAX_IDLE_BYTES = 512 << 20;

/** GPUBuffers by size class. What is released is given out again at once: the order of work keeps the users apart. */
export class BufferPool {
  readonly #free = new Map<number, GPUBuffer[]>();
  readonly #ids = new WeakMap<GPUBuffer, number>();
  /** GPUBuffers without memory: the GPU had no room. */
  readonly #refused = new WeakSet<GPUBuffer>();
  #nextId = 1;
  /** Bytes of GPUBuffers that wait for a user. */
  idleBytes = 0;

  constructor(
    readonly make: MakeBuffer,
    /** Of one GPUBuffer. */
    readonly maxBytes: number,
    /** Destroys GPUBuffers, once what is recorded on them is submitted. */
    readonly destroy: (buffers: readonly GPUBuffer[]) => void,
  ) {}

  /** A buffer of at least `bytes`, of the pool or new, for work of `batch`. */
  take(bytes: number, batch: number): GpuBuffer {
    // The largest class may be more than a buffer can be.
    const classBytes = Math.min(sizeClass(bytes), Math.max(this.maxBytes, bytes));
    const idle = this.#free.get(classBytes)?.pop();
    if (idle) this.idleBytes -= classBytes;
    else if (this.idleBytes > MAX_IDLE_BYTES) this.trim();
    const gpu = idle ?? this.#create(classBytes);
    return { bytes, classBytes, gpu, id: this.#idOf(gpu), writtenIn: batch };
  }

  give({ gpu, classBytes }: GpuBuffer): void {
    if (this.#refused.has(gpu)) return;
    const free = this.#free.get(classBytes);
    if (free) free.push(gpu);
    else this.#free.set(classBytes, [gpu]);
    this.idleBytes += classBytes;
  }

  /** Asks for memory again where the GPU had no room; to be called before a buffer is filled anew. */
  renew(buffer: GpuBuffer): void {
    if (!this.#refused.has(buffer.gpu)) return;
    buffer.gpu = this.#create(buffer.classBytes);
    buffer.id = this.#idOf(buffer.gpu);
  }

  /** Gives the GPU back what has no user. */
  trim(): void {
    this.destroy([...this.#free.values()].flat());
    this.#free.clear();
    this.idleBytes = 0;
  }

  #create(classBytes: number): GPUBuffer {
    const gpu = this.make({ size: classBytes, usage: USAGE }, () => this.#refuse(gpu, classBytes));
    return gpu;
  }

  #refuse(gpu: GPUBuffer, classBytes: number): void {
    this.#refused.add(gpu);
    const free = this.#free.get(classBytes);
    const at = free?.indexOf(gpu) ?? -1;
    if (at < 0) return;
    free?.splice(at, 1);
    this.idleBytes -= classBytes;
  }

  #idOf(gpu: GPUBuffer): number {
    const known = this.#ids.get(gpu);
    if (known) return known;
    this.#ids.set(gpu, this.#nextId);
    return this.#nextId++;
  }
}
