/** Bytes from one launch's uniform struct to the next: what every adapter can address. */
export const SLOT_BYTES = 256;
/** Words that a kernel's uniform struct may have. */
export const MAX_PARAM_WORDS = SLOT_BYTES / 4;
/** Structs kept on the device: a training step of a large network has some hundreds of different ones. */
const SLOTS = 4096;

const [COPY_DST, UNIFORM] = [0x8, 0x40];

/**
 * Uniform structs on the device, each kept where it is put first: what a launch is told depends on shapes alone, so from the second
 * step on nothing is uploaded.
 */
export class Params {
  readonly buffer: GPUBuffer;
  readonly #words = new Int32Array((SLOTS * SLOT_BYTES) / 4);
  readonly #slots = new Map<string, number>();
  /** Slots up to here are on the device. */
  #uploaded = 0;

  constructor(readonly device: GPUDevice) {
    this.buffer = device.createBuffer({ label: "uniform structs", size: SLOTS * SLOT_BYTES, usage: COPY_DST | UNIFORM });
  }

  /** False where a new struct has no place before work recorded so far is submitted and `clear` was called. */
  get hasRoom(): boolean {
    return this.#slots.size < SLOTS;
  }

  /** Where the struct of these words begins in the buffer, in bytes. */
  offsetOf(words: readonly number[]): number {
    const key = words.join();
    const known = this.#slots.get(key);
    if (known !== undefined) return known * SLOT_BYTES;
    const slot = this.#slots.size;
    this.#words.set(words, slot * MAX_PARAM_WORDS);
    this.#slots.set(key, slot);
    return slot * SLOT_BYTES;
  }

  /** Brings new structs to the device; to be called before work that uses them is submitted. @returns bytes. */
  upload(): number {
    const first = this.#uploaded * MAX_PARAM_WORDS;
    const words = this.#slots.size * MAX_PARAM_WORDS - first;
    if (words === 0) return 0;
    this.device.queue.writeBuffer(this.buffer, first * 4, this.#words, first, words);
    this.#uploaded = this.#slots.size;
    return words * 4;
  }

  /** Forgets all. Work that was submitted before still finds its structs: the queue writes the next ones after it. */
  clear(): void {
    this.#slots.clear();
    this.#uploaded = 0;
  }
}
