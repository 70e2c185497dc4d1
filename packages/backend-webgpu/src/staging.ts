const [MAP_READ, MAP_WRITE, COPY_SRC, COPY_DST] = [0x1, 0x2, 0x4, 0x8];
const WRITE_MODE = 0x2;
const READ_MODE = 0x1;

/**
 * Small uploads share a chunk of this size; a larger one has a chunk of its own, a power of two. A browser hands a chunk over whole,
 * however little of it was written.
 */
const CHUNK_BYTES = 1 << 16;
const KEPT_WRITE_BYTES = 64 << 20;
const KEPT_READ_BYTES = 64 << 20;

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
  readonly #readers = new Map<number, GPUBuffer[]>();
  #keptReadBytes = 0;
  #isClosed = false;

  constructor(readonly device: GPUDevice) {}

  /** Puts `bytes` where a copy of the work being recorded finds them. */
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

  /** A buffer to copy results into and map. */
  takeReader(bytes: number): GPUBuffer {
    const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, 256)));
    const idle = this.#readers.get(size)?.pop();
    if (idle) this.#keptReadBytes -= size;
    return idle ?? this.device.createBuffer({ label: "read back", size, usage: MAP_READ | COPY_DST });
  }

  /** Waits until the work submitted so far has filled `reader`. @returns its first `bytes` bytes. */
  async readBack(reader: GPUBuffer, bytes: number): Promise<Uint8Array> {
    try {
      await reader.mapAsync(READ_MODE, 0, Math.ceil(bytes / 4) * 4);
    } catch (error) {
      reader.destroy();
      throw error;
    }
    const copy = new Uint8Array(reader.getMappedRange(0, Math.ceil(bytes / 4) * 4)).slice(0, bytes);
    reader.unmap();
    this.#keep(reader);
    return copy;
  }

  destroy(): void {
    this.#isClosed = true;
    for (const { buffer } of [...[...this.#ready.values()].flat(), ...this.#open]) buffer.destroy();
    for (const list of this.#readers.values()) for (const reader of list) reader.destroy();
  }

  #keep(reader: GPUBuffer): void {
    if (this.#isClosed || this.#keptReadBytes + reader.size > KEPT_READ_BYTES) {
      reader.destroy();
      return;
    }
    this.#keptReadBytes += reader.size;
    const list = this.#readers.get(reader.size);
    if (list) list.push(reader);
    else this.#readers.set(reader.size, [reader]);
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
    const buffer = this.device.createBuffer(descriptor);
    return { buffer, bytes: new Uint8Array(buffer.getMappedRange()), used: 0 };
  }
}

/** Of a chunk that `size` bytes fit into; what is too large to be kept is no larger than it must be. */
function chunkSize(size: number): number {
  if (size > KEPT_WRITE_BYTES) return size;
  return Math.max(CHUNK_BYTES, 2 ** Math.ceil(Math.log2(size)));
}
