const [MAP_WRITE, COPY_SRC] = [0x2, 0x4];
const WRITE_MODE = 0x2;

/**
 * Small uploads share a chunk of this size; a larger one has a chunk of its own, a power of two. A browser hands a chunk over whole,
 * however little of it was written.
 */
const CHUNK_BYTES = 1 << 16;
const KEPT_WRITE_BYTES = 64 << 20;

interface Chunk {
  readonly buffer: GPUBuffer;
  readonly bytes: Uint8Array;
  used: number;
}

/** Memory that host and device both see: mapped while the host writes, handed over with the work that copies from it. */
export class Staging {
  /** Chunks that are mapped and empty, by size. */
  readonly #ready = new Map<number, Chunk[]>();
  #keptWriteBytes = 0;
  /** Chunks with bytes that the work being recorded copies from. */
  #open: Chunk[] = [];
  #isClosed = false;

  constructor(
    readonly device: GPUDevice,
    /** The error where there is no room for so many bytes. */
    readonly outOfMemory: (bytes: number, message: string) => Error,
  ) {}

  /** Puts `bytes` where a copy of the work being recorded finds them. @throws OutOfMemoryError */
  put(bytes: Uint8Array): { readonly buffer: GPUBuffer; readonly offset: number } {
    const size = Math.ceil(bytes.byteLength / 4) * 4;
    const chunk = this.#chunkFor(size);
    const offset = chunk.used;
    chunk.bytes.set(bytes, offset);
    chunk.used += size;
    return { buffer: chunk.buffer, offset };
  }

  /** Hands what was put to the device; call before the submit. @returns what `recycle` takes after it. */
  close(): readonly Chunk[] {
    const sent = this.#open;
    this.#open = [];
    for (const { buffer } of sent) buffer.unmap();
    return sent;
  }

  /** Takes chunks back once the device has read them, as far as they are worth keeping. */
  recycle(sent: readonly Chunk[]): void {
    for (const { buffer } of sent) {
      if (this.#keptWriteBytes + buffer.size > KEPT_WRITE_BYTES) {
        // Destroyed once the work that was submitted is done with it.
        buffer.destroy();
        continue;
      }
      this.#keptWriteBytes += buffer.size;
      buffer.mapAsync(WRITE_MODE).then(
        () => this.#makeReady(buffer),
        // The device is gone; whoever waits for it hears of it.
        () => {},
      );
    }
  }

  destroy(): void {
    this.#isClosed = true;
    for (const { buffer } of [...[...this.#ready.values()].flat(), ...this.#open]) buffer.destroy();
  }

  #makeReady(buffer: GPUBuffer): void {
    if (this.#isClosed) return;
    const chunk = { buffer, bytes: new Uint8Array(buffer.getMappedRange()), used: 0 };
    const list = this.#ready.get(buffer.size);
    if (list) list.push(chunk);
    else this.#ready.set(buffer.size, [chunk]);
  }

  #chunkFor(size: number): Chunk {
    const last = this.#open.at(-1);
    if (last && last.used + size <= last.bytes.byteLength) return last;
    const chunkBytes = chunkSize(size);
    const kept = this.#ready.get(chunkBytes)?.pop();
    if (kept) this.#keptWriteBytes -= chunkBytes;
    const chunk = kept ?? this.#create(chunkBytes);
    // A chunk of its own is nearly full at once: smaller uploads go on in the one before.
    if (chunkBytes > CHUNK_BYTES) this.#open.unshift(chunk);
    else this.#open.push(chunk);
    return chunk;
  }

  #create(size: number): Chunk {
    const descriptor = { label: "upload", size, usage: MAP_WRITE | COPY_SRC, mappedAtCreation: true };
    const buffer = this.#map(descriptor);
    return { buffer, bytes: new Uint8Array(buffer.getMappedRange()), used: 0 };
  }

  #map(descriptor: GPUBufferDescriptor): GPUBuffer {
    try {
      return this.device.createBuffer(descriptor);
    } catch (error) {
      // A RangeError: what is mapped at once is known to be there at once, or not.
      throw this.outOfMemory(descriptor.size, error instanceof Error ? error.message : String(error));
    }
  }
}

/** Of a chunk that `size` bytes fit into; what is too large to be kept is no larger than it must be. */
function chunkSize(size: number): number {
  if (size > KEPT_WRITE_BYTES) return size;
  return Math.max(CHUNK_BYTES, 2 ** Math.ceil(Math.log2(size)));
}
