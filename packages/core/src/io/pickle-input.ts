import { FileFormatError } from "../errors";
import { type RandomAccess, readExactly } from "./random-access";

/** Reads are this large at first and double up to the largest, so that little of the storages behind a pickle is read. */
const FIRST_WINDOW = 2 ** 16;
const LARGEST_WINDOW = 2 ** 22;
/** Longer text than this belongs to no state dict; the limit keeps a lying length from filling the memory. */
const MAX_ARGUMENT_BYTES = 2 ** 26;
const MAX_LINE = 512;
/** Longest argument without a length in front of it: the two lines of GLOBAL. */
const LOOKAHEAD = 2 * MAX_LINE + 16;

/** The bytes of a pickle from `start` of a file on, of which only a window is in memory. */
export class PickleInput {
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Offset of the window in the file, and of the next byte in the window. */
  #windowStart: number;
  #at = 0;
  #nextWindow = FIRST_WINDOW;

  constructor(
    readonly source: RandomAccess,
    start: number,
    readonly where: string,
  ) {
    this.#windowStart = start;
  }

  /** Of the next byte, from the file's start. */
  get offset(): number {
    return this.#windowStart + this.#at;
  }

  /** True where the next opcode can be read at once, up to the bytes whose length it states itself. */
  get isReady(): boolean {
    return this.#has(LOOKAHEAD) || this.#windowStart + this.#view.byteLength >= this.source.size;
  }

  ready(): Promise<void> {
    return this.#load(Math.min(LOOKAHEAD, this.source.size - this.offset));
  }

  /** The next `length` bytes as a view; a promise only where they must be read first. */
  bytes(length: number): Uint8Array | Promise<Uint8Array> {
    if (this.#has(length)) return this.#take(length);
    const rest = this.source.size - this.offset;
    if (length > Math.min(rest, MAX_ARGUMENT_BYTES)) {
      this.fail(`text must end inside the file and within ${MAX_ARGUMENT_BYTES} bytes`, `${length} bytes where ${rest} follow`);
    }
    return this.#load(length).then(() => this.#take(length));
  }

  /** The length in front of text or bytes; u64 beyond 2⁵³ lose digits here and are refused by `bytes`. */
  length(sizeBytes: 1 | 4 | 8): number {
    if (sizeBytes === 1) return this.u8();
    return sizeBytes === 4 ? this.u32() : this.u32() + this.u32() * 2 ** 32;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** Big endian, as the pickle format has it here alone. */
  f64(): number {
    return this.#view.getFloat64(this.#advance(8));
  }

  /** Text up to a line break. */
  line(): string {
    let text = "";
    for (let code = this.u8(); code !== 0x0a; code = this.u8()) {
      if (text.length === MAX_LINE)
        this.fail(`lines must have at most ${MAX_LINE} characters`, JSON.stringify(text.slice(0, 40)));
      text += String.fromCharCode(code);
    }
    return text;
  }

  fail(rule: string, got: string, fix?: string): never {
    throw new FileFormatError(this.where, { rule, got: `${got} at byte ${this.offset}`, ...(fix && { fix }) });
  }

  #has(length: number): boolean {
    return this.#at + length <= this.#view.byteLength;
  }

  #take(length: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#advance(length), length);
  }

  #advance(length: number): number {
    if (!this.#has(length)) this.fail("the pickle must end with STOP", "the file's end", "Is the file whole?");
    this.#at += length;
    return this.#at - length;
  }

  async #load(length: number): Promise<void> {
    const { offset } = this;
    const window = Math.min(Math.max(length, this.#nextWindow), this.source.size - offset);
    const bytes = await readExactly(this.source, offset, window, this.where);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#windowStart = offset;
    this.#at = 0;
    this.#nextWindow = Math.min(2 * this.#nextWindow, LARGEST_WINDOW);
  }
}
