import { type Buffer, OutOfMemoryError } from "@vertebra/core";
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
  /** Gives the system what was freed. Waits for the device. */
  trim(): void;
  /** The error for `bytes` that nobody has, although `trimmed` was given back. */
  refusal(bytes: number, trimmed: Trimmed): Error;
}

/** What `trim` has given back. */
export interface Trimmed {
  readonly bytes: number;
  readonly largestBytes: number;
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

  /** Gives the driver back what has no user. */
  trim(): Trimmed {
    const bytes = this.idleBytes;
    let largestBytes = 0;
    for (const [classBytes, blocks] of this.#free) {
      for (const { buffer } of blocks) this.source.free(buffer);
      if (blocks.length > 0) largestBytes = Math.max(largestBytes, classBytes);
    }
    this.#free.clear();
    this.idleBytes = 0;
    return { bytes, largestBytes };
  }

  #alloc(bytes: number): Block {
    const known = this.#tryAlloc(bytes);
    if (known) return known;
    const trimmed = this.trim();
    // What the driver keeps may be in pieces.
    this.source.trim();
    const found = this.#tryAlloc(bytes);
    if (found) return found;
    throw this.source.refusal(bytes, trimmed);
  }

  /** Undefined where there is no room. */
  #tryAlloc(bytes: number): Block | undefined {
    try {
      return this.source.alloc(bytes);
    } catch (error) {
      if (error instanceof OutOfMemoryError) return undefined;
      throw error;
    }
  }
}
