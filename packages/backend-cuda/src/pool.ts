import type { Buffer } from "@vertebra/core";
import type { CudaMemory } from "./launch";

/** Device memory as core sees it. */
export interface CudaBuffer extends Buffer, CudaMemory {
  /** The addon's number for the block. */
  readonly block: number;
  /** Bytes of the whole block: its size class. */
  readonly classBytes: number;
}

/** What an address of the driver's allocations is a multiple of. */
const ALIGNMENT = 256;

/**
 * Sizes in steps of a quarter of a power of two, at least 256 bytes: 256, 512, 768, 1024, 1280, … From 1 KiB on at most a fifth is
 * unused, and a network has few classes.
 */
export function sizeClass(bytes: number): number {
  const step = Math.max(ALIGNMENT, 2 ** (Math.ceil(Math.log2(Math.max(bytes, 1))) - 3));
  return Math.max(1, Math.ceil(bytes / step)) * step;
}

/** Where blocks come from. */
export interface BlockSource {
  /** @throws OutOfMemoryError */
  alloc(bytes: number): { readonly buffer: number; readonly address: number };
  /** Work that is queued may still use it: it is handed over first. */
  free(buffer: number): void;
}

/** Idle memory above which a new size class first gives back the others. */
const MAX_IDLE_BYTES = 1 << 30;

type Block = ReturnType<BlockSource["alloc"]>;

/** Blocks by size class. What is released is given out again at once: the order of work keeps the users apart. */
export class BlockPool {
  readonly #free = new Map<number, Block[]>();
  /** Bytes of blocks that wait for a user. */
  idleBytes = 0;

  constructor(readonly source: BlockSource) {}

  /** Memory for at least `bytes`, of the pool or new. @throws OutOfMemoryError, with everything idle given back before. */
  take(bytes: number): CudaBuffer {
    const classBytes = sizeClass(bytes);
    const idle = this.#free.get(classBytes)?.pop();
    if (idle) this.idleBytes -= classBytes;
    else if (this.idleBytes > MAX_IDLE_BYTES) this.trim();
    const { buffer, address } = idle ?? this.#alloc(classBytes);
    return { bytes, classBytes, block: buffer, address };
  }

  give({ block, address, classBytes }: CudaBuffer): void {
    const free = this.#free.get(classBytes);
    if (free) free.push({ buffer: block, address });
    else this.#free.set(classBytes, [{ buffer: block, address }]);
    this.idleBytes += classBytes;
  }

  /** Gives the GPU back what has no user. */
  trim(): void {
    for (const blocks of this.#free.values()) for (const { buffer } of blocks) this.source.free(buffer);
    this.#free.clear();
    this.idleBytes = 0;
  }

  #alloc(bytes: number): Block {
    try {
      return this.source.alloc(bytes);
    } catch (error) {
      if (this.idleBytes === 0) throw error;
      this.trim();
      return this.source.alloc(bytes);
    }
  }
}
