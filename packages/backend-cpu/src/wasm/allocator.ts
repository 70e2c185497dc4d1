import { DeviceError, OutOfMemoryError } from "@vertebra/core";

/** Every block's start and size are multiples of this: a cache line. */
export const ALIGNMENT = 64;

/** Kernels may load (and discard) up to this many bytes behind the end of a buffer. */
export const OVERREAD_BYTES = 256;

interface Block {
  start: number;
  size: number;
  isFree: boolean;
  /** Neighbours in memory. */
  before: Block | undefined;
  after: Block | undefined;
  /** Neighbours in the list of its bin, while free. */
  previous: Block | undefined;
  next: Block | undefined;
}

/** A growable range of bytes: `grow(bytes)` asks for at least so many more and returns the new end, or undefined. */
export interface Arena {
  readonly base: number;
  readonly end: number;
  readonly grow: (bytes: number) => number | undefined;
}

/** Allocates from an arena: segregated free lists (8 bins an octave), first fit in the bin, neighbours joined when freed. */
export class Allocator {
  bytesInUse = 0;
  peakBytes = 0;
  readonly #base: number;
  #end: number;
  readonly #grow: Arena["grow"];
  readonly #live = new Map<number, Block>();
  readonly #bins: (Block | undefined)[] = new Array(BINS).fill(undefined);
  /** Bit b of word w: bin 32·w + b has a block. */
  readonly #occupied = new Int32Array(BINS / 32);
  #last: Block | undefined;

  constructor({ base, end, grow }: Arena) {
    this.#base = this.#end = Math.ceil(base / ALIGNMENT) * ALIGNMENT;
    this.#grow = grow;
    this.#extend(end);
  }

  get capacityBytes(): number {
    return this.#end - this.#base;
  }

  /** A block of at least `bytes` bytes, 64-byte aligned, contents undefined. @throws OutOfMemoryError */
  allocate(bytes: number): number {
    const size = Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
    const block = this.#find(size) ?? this.#growFor(size);
    this.#unlink(block);
    if (block.size > size) this.#split(block, size);
    block.isFree = false;
    this.#live.set(block.start, block);
    this.bytesInUse += size;
    if (this.bytesInUse > this.peakBytes) this.peakBytes = this.bytesInUse;
    return block.start;
  }

  /** @throws DeviceError if `pointer` isn't a live block. */
  release(pointer: number): void {
    let block = this.#live.get(pointer);
    if (block === undefined) throw new DeviceError("cpu", { rule: "release takes a live pointer", got: `${pointer}` });
    this.#live.delete(pointer);
    this.bytesInUse -= block.size;
    const { before, after } = block;
    if (after?.isFree) {
      this.#unlink(after);
      this.#join(block, after);
    }
    if (before?.isFree) {
      this.#unlink(before);
      this.#join(before, block);
      block = before;
    }
    this.#link(block);
  }

  #find(size: number): Block | undefined {
    const bin = binOf(size);
    // Blocks of its own bin may be a little too small; any block of a later bin fits.
    let candidate = this.#bins[bin];
    for (let tries = 0; candidate !== undefined && tries < 8; tries++) {
      if (candidate.size >= size) return candidate;
      candidate = candidate.next;
    }
    let word = (bin + 1) >> 5;
    let bits = word < this.#occupied.length ? (this.#occupied[word] as number) & (-1 << ((bin + 1) & 31)) : 0;
    while (bits === 0) {
      if (++word >= this.#occupied.length) return undefined;
      bits = this.#occupied[word] as number;
    }
    return this.#bins[word * 32 + 31 - Math.clz32(bits & -bits)];
  }

  #growFor(size: number): Block {
    const tail = this.#last?.isFree ? this.#last.size : 0;
    const end = this.#grow(size - tail);
    if (end !== undefined) this.#extend(end);
    const block = this.#find(size) ?? this.#scan(size);
    if (block === undefined) throw this.#outOfMemory(size);
    return block;
  }

  /** The slow search through every free block: blocks of the same bin behind the first eight. */
  #scan(size: number): Block | undefined {
    for (let block = this.#bins[binOf(size)]; block !== undefined; block = block.next) if (block.size >= size) return block;
    return undefined;
  }

  #outOfMemory(size: number): OutOfMemoryError {
    let largest = 0;
    for (let block = this.#last; block !== undefined; block = block.before)
      if (block.isFree && block.size > largest) largest = block.size;
    return new OutOfMemoryError("cpu", {
      rule: `${size} bytes must fit into device memory`,
      got: `${this.bytesInUse} bytes in use of ${this.capacityBytes}, largest free block ${largest}`,
      fix: "Use a smaller batch, or free tensors earlier with scope()",
    });
  }

  #extend(end: number): void {
    const size = Math.floor((end - this.#end) / ALIGNMENT) * ALIGNMENT;
    if (size <= 0) return;
    const last = this.#last;
    const block: Block = {
      start: this.#end,
      size,
      isFree: true,
      before: last,
      after: undefined,
      previous: undefined,
      next: undefined,
    };
    this.#end += size;
    if (last) last.after = block;
    this.#last = block;
    if (last?.isFree) {
      this.#unlink(last);
      this.#join(last, block);
      this.#link(last);
    } else this.#link(block);
  }

  #split(block: Block, size: number): void {
    const rest: Block = {
      start: block.start + size,
      size: block.size - size,
      isFree: true,
      before: block,
      after: block.after,
      previous: undefined,
      next: undefined,
    };
    if (block.after) block.after.before = rest;
    else this.#last = rest;
    block.after = rest;
    block.size = size;
    this.#link(rest);
  }

  /** `block` takes in its neighbour `after`; neither is in a list. */
  #join(block: Block, after: Block): void {
    block.size += after.size;
    block.after = after.after;
    if (after.after) after.after.before = block;
    else this.#last = block;
  }

  #link(block: Block): void {
    const bin = binOf(block.size);
    const first = this.#bins[bin];
    block.isFree = true;
    block.previous = undefined;
    block.next = first;
    if (first) first.previous = block;
    this.#bins[bin] = block;
    this.#occupied[bin >> 5] = (this.#occupied[bin >> 5] as number) | (1 << (bin & 31));
  }

  #unlink(block: Block): void {
    const { previous, next } = block;
    if (next) next.previous = previous;
    if (previous) previous.next = next;
    else {
      const bin = binOf(block.size);
      this.#bins[bin] = next;
      if (next === undefined) this.#occupied[bin >> 5] = (this.#occupied[bin >> 5] as number) & ~(1 << (bin & 31));
    }
  }
}

const BINS = 256;

/** 8 bins an octave: sizes of one bin differ by less than 1/8. `size` is a multiple of 64, below 4 GiB. */
function binOf(size: number): number {
  const units = size / ALIGNMENT;
  const octave = 31 - Math.clz32(units);
  return octave < 3 ? units : (octave - 2) * 8 + ((units >> (octave - 3)) & 7);
}
