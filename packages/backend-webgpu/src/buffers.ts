import type { Buffer } from "@vertebra/core";
import type { GpuMemory } from "./launch";

/** Device memory as core sees it. */
export interface GpuBuffer extends Buffer, GpuMemory {
  /** Bytes of the whole GPUBuffer: its size class. */
  readonly classBytes: number;
}

/** What a GPUBuffer of the pool may be used for: everything but mapping. `GPUBufferUsage` isn't there before an adapter is. */
const [COPY_SRC, COPY_DST, STORAGE] = [0x4, 0x8, 0x80];
const USAGE = COPY_SRC | COPY_DST | STORAGE;

/** Smallest class: a vec4 read at the last element stays inside. */
const MIN_BYTES = 16;

/**
 * Sizes in steps of a quarter of a power of two: at most a fifth is unused, and a network has few classes.
 * 16, 20, 24, 28, 32, 40, …, in whole 16 bytes from 64 on.
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
  #nextId = 1;
  /** Bytes of GPUBuffers that wait for a user. */
  idleBytes = 0;

  constructor(
    readonly device: GPUDevice,
    /** Of one GPUBuffer. */
    readonly maxBytes: number,
    /** Called before GPUBuffers are destroyed: work recorded on them must be submitted, and bind groups forgotten. */
    readonly beforeDestroy: () => void,
  ) {}

  /** A buffer of at least `bytes`, of the pool or new. */
  take(bytes: number): GpuBuffer {
    // The largest class may be more than a buffer can be.
    const classBytes = Math.min(sizeClass(bytes), Math.max(this.maxBytes, bytes));
    const idle = this.#free.get(classBytes)?.pop();
    if (idle) this.idleBytes -= classBytes;
    else if (this.idleBytes > MAX_IDLE_BYTES) this.trim();
    const gpu = idle ?? this.device.createBuffer({ size: classBytes, usage: USAGE });
    return { bytes, classBytes, gpu, id: this.#idOf(gpu) };
  }

  give({ gpu, classBytes }: GpuBuffer): void {
    const free = this.#free.get(classBytes);
    if (free) free.push(gpu);
    else this.#free.set(classBytes, [gpu]);
    this.idleBytes += classBytes;
  }

  /** Destroys the GPUBuffers that have no user. */
  trim(): void {
    this.beforeDestroy();
    for (const list of this.#free.values()) for (const gpu of list) gpu.destroy();
    this.#free.clear();
    this.idleBytes = 0;
  }

  #idOf(gpu: GPUBuffer): number {
    const known = this.#ids.get(gpu);
    if (known) return known;
    this.#ids.set(gpu, this.#nextId);
    return this.#nextId++;
  }
}
