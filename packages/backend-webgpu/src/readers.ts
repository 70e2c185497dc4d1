import type { MakeBuffer } from "./make-buffer";

const [MAP_READ, COPY_DST] = [0x1, 0x8];
const READ_MODE = 0x1;
const MIN_BYTES = 256;
const KEPT_BYTES = 64 << 20;

/** Buffers that results are copied into for the host to read, kept for the next reads. */
export class Readers {
  readonly #idle = new Map<number, GPUBuffer[]>();
  #idleBytes = 0;
  #isClosed = false;

  constructor(readonly make: MakeBuffer) {}

  /** A buffer to copy `bytes` into. */
  take(bytes: number): GPUBuffer {
    const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, MIN_BYTES)));
    const idle = this.#idle.get(size)?.pop();
    if (idle) this.#idleBytes -= size;
    return idle ?? this.make({ label: "read back", size, usage: MAP_READ | COPY_DST });
  }

  /** Waits until the work submitted so far has filled `reader`. @returns its first `bytes` bytes. */
  async read(reader: GPUBuffer, bytes: number): Promise<Uint8Array> {
    const mapped = Math.ceil(bytes / 4) * 4;
    try {
      await reader.mapAsync(READ_MODE, 0, mapped);
    } catch (error) {
      reader.destroy();
      throw error;
    }
    const copy = new Uint8Array(reader.getMappedRange(0, mapped)).slice(0, bytes);
    reader.unmap();
    this.#keep(reader);
    return copy;
  }

  destroy(): void {
    this.#isClosed = true;
    for (const list of this.#idle.values()) for (const reader of list) reader.destroy();
  }

  #keep(reader: GPUBuffer): void {
    if (this.#isClosed || this.#idleBytes + reader.size > KEPT_BYTES) {
      reader.destroy();
      return;
    }
    this.#idleBytes += reader.size;
    const list = this.#idle.get(reader.size);
    if (list) list.push(reader);
    else this.#idle.set(reader.size, [reader]);
  }
}
