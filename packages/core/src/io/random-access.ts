import { FileFormatError } from "../errors";

/** A file, blob or array that can be read in pieces: how huge checkpoints are read without holding them whole. */
export interface RandomAccess {
  /** Bytes of the whole. */
  readonly size: number;
  /** The `length` bytes from `offset` on. Both lie inside `size`; fewer bytes mean that the source was cut short. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Bytes in memory as a RandomAccess; pieces are views, not copies. */
export const fromBytes = (bytes: Uint8Array): RandomAccess => ({
  size: bytes.byteLength,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
});

/** Exactly `length` bytes. @throws FileFormatError if the source gives fewer or more. */
export async function readExactly(source: RandomAccess, offset: number, length: number, where: string): Promise<Uint8Array> {
  const bytes = await source.read(offset, length);
  if (bytes.byteLength === length) return bytes;
  const rule = `the file must still hold ${length} bytes at offset ${offset}`;
  throw new FileFormatError(where, { rule, got: `${bytes.byteLength}`, fix: "Was it cut short or overwritten meanwhile?" });
}

/** The `size` bytes from `start` on as a RandomAccess of their own. */
export const section = (source: RandomAccess, start: number, size: number): RandomAccess => ({
  size,
  read: (offset, length) => source.read(start + offset, length),
});
