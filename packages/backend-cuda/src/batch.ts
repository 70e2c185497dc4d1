/** Blocks of a launch, or threads of a block, along x, y and z. */
export type Size3 = readonly [x: number, y: number, z: number];

/** One launch of a kernel, as it is encoded. */
export interface EncodedLaunch {
  /** Number of `findKernel`. */
  readonly kernel: number;
  readonly grid: Size3;
  readonly block: Size3;
  /** Dynamic shared memory. Default 0. */
  readonly sharedBytes?: number;
  /** The params' device addresses, which stand first in every kernel's struct. */
  readonly addresses: readonly number[];
  /** The words of 4 bytes behind them: integers, and floats by `floatWord`. */
  readonly words: readonly number[];
}

/** One run of a library's plan, as it is encoded. */
export interface EncodedPlan {
  /** Number of `makePlan`. */
  readonly plan: number;
  /** Of the operands, and last of the workspace; 0 where there is none. */
  readonly addresses: readonly number[];
}

/** A copy of bytes inside the device, from address to address; the two ranges don't overlap. */
export interface EncodedCopy {
  readonly to: number;
  readonly from: number;
  readonly bytes: number;
}

/** Number, grid, block, sharedBytes, paramsBytes and kind: see native/addon/launches.h. */
const HEADER_WORDS = 10;
const FIRST_WORDS = 1 << 12;
const [KERNEL, PLAN, COPY] = [0, 1, 2];
/** What isn't a kernel has no blocks. */
const NONE: Size3 = [0, 0, 0];

/**
 * Launches for one call of the addon, as bytes. Params are laid out as C++ lays out the kernel's struct: addresses first, then
 * words, so that nothing needs a gap; the struct ends at a multiple of 8 if it has addresses.
 */
export class Batch {
  launches = 0;
  #words = new Uint32Array(FIRST_WORDS);
  #used = 0;

  add({ kernel, grid, block, sharedBytes = 0, addresses, words }: EncodedLaunch, kind: number = KERNEL): void {
    const paramsWords = 2 * addresses.length + words.length;
    const padded = paramsWords + (paramsWords & 1);
    this.#reserve(HEADER_WORDS + padded);
    const out = this.#words;
    let at = this.#used;
    out[at++] = kernel;
    for (let axis = 0; axis < 3; axis++) out[at++] = grid[axis] as number;
    for (let axis = 0; axis < 3; axis++) out[at++] = block[axis] as number;
    out[at++] = sharedBytes;
    out[at++] = 4 * (addresses.length > 0 ? padded : paramsWords);
    out[at++] = kind;
    for (const address of addresses) {
      out[at++] = address;
      out[at++] = address / 2 ** 32;
    }
    for (const word of words) out[at++] = word;
    if (padded > paramsWords) out[at++] = 0;
    this.#used = at;
    this.launches++;
  }

  addPlan({ plan, addresses }: EncodedPlan): void {
    this.add({ kernel: plan, grid: NONE, block: NONE, addresses, words: [] }, PLAN);
  }

  addCopy({ to, from, bytes }: EncodedCopy): void {
    this.add({ kernel: 0, grid: NONE, block: NONE, addresses: [to, from, bytes], words: [] }, COPY);
  }

  /** What was added since the last `clear`, valid until the next change. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer, 0, this.#used * 4);
  }

  clear(): void {
    this.#used = 0;
    this.launches = 0;
  }

  #reserve(words: number): void {
    if (this.#used + words <= this.#words.length) return;
    const larger = new Uint32Array(2 * this.#words.length + words);
    larger.set(this.#words.subarray(0, this.#used));
    this.#words = larger;
  }
}

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The bits of an f32 as a word of params. */
export function floatWord(value: number): number {
  float[0] = value;
  return word[0] as number;
}
