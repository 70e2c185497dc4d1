import { FileFormatError, formatShape } from "@vertebra/core";

/** The array of an IDX file. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** Elements in row-major order; a view into the file's bytes. */
  readonly values: Uint8Array;
}

/** The checked header of an IDX file. */
export interface IdxHeader {
  readonly shape: readonly number[];
  readonly dataOffset: number;
  /** Bytes of the whole file, as the header has it. */
  readonly fileBytes: number;
}

/**
 * The array of an IDX file of unsigned bytes, MNIST's format: 0, 0, type, number of axes, each size as big-endian u32, elements.
 * @param where stands in front of error messages; give the file's path.
 * @throws FileFormatError if the file isn't that, is cut short or has bytes behind the array.
 * Source: http://yann.lecun.com/exdb/mnist, "The IDX file format".
 */
export function parseIdx(bytes: Uint8Array, where = "parseIdx"): IdxArray {
  const { shape, dataOffset, fileBytes } = parseIdxHeader(bytes, where);
  if (bytes.byteLength !== fileBytes) throw wrongSize(where, shape, fileBytes, bytes.byteLength);
  return { shape, values: bytes.subarray(dataOffset) };
}

/**
 * Parses and checks an IDX header; allocates nothing of the array's size.
 * @param bytes the start of the file, 4 + 4·axes bytes at least.
 * @throws FileFormatError if it isn't the header of an array of unsigned bytes.
 */
export function parseIdxHeader(bytes: Uint8Array, where = "parseIdxHeader"): IdxHeader {
  const [zero0, zero1, type, axes = 0] = bytes;
  if (bytes.byteLength < 4 || zero0 !== 0 || zero1 !== 0) {
    const got = bytes.byteLength < 4 ? `${bytes.byteLength} bytes` : `${zero0}, ${zero1}`;
    throw new FileFormatError(where, {
      rule: "an IDX file must start with two zero bytes",
      got,
      fix: describeMagic(zero0, zero1),
    });
  }
  if (type !== UNSIGNED_BYTE) {
    const got = TYPES.get(type as number) ?? `0x${(type as number).toString(16)}`;
    throw new FileFormatError(where, { rule: "the IDX type must be 0x8 (unsigned byte)", got });
  }
  if (axes < 1 || axes > MAX_AXES) {
    throw new FileFormatError(where, { rule: `an IDX file must have 1 to ${MAX_AXES} axes`, got: `${axes}` });
  }
  const dataOffset = 4 + 4 * axes;
  if (bytes.byteLength < dataOffset) {
    throw new FileFormatError(where, {
      rule: `an IDX header of ${axes} axes must have ${dataOffset} bytes`,
      got: `${bytes.byteLength}`,
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  return { shape, dataOffset, fileBytes: dataOffset + countElements(where, shape) };
}

/** The error for a file whose size isn't what its header says. */
export function wrongSize(where: string, shape: readonly number[], expected: number, got: number): FileFormatError {
  const rule = `an IDX file of shape ${formatShape(shape)} must have ${expected} bytes`;
  return new FileFormatError(where, {
    rule,
    got: `${got}`,
    fix: got < expected ? "Is the file whole?" : "Is it one array only?",
  });
}

const UNSIGNED_BYTE = 8;
const MAX_AXES = 8;
const TYPES: ReadonlyMap<number, string> = new Map([
  [0x9, "0x9 (signed byte)"],
  [0xb, "0xb (16-bit integer)"],
  [0xc, "0xc (32-bit integer)"],
  [0xd, "0xd (32-bit float)"],
  [0xe, "0xe (64-bit float)"],
]);

function describeMagic(first?: number, second?: number): string {
  return first === 0x1f && second === 0x8b ? "It is compressed with gzip: unpack it first" : "Is it an IDX file?";
}

function countElements(where: string, shape: readonly number[]): number {
  let elements = 1;
  for (const size of shape) {
    elements *= size;
    if (elements <= Number.MAX_SAFE_INTEGER / 2) continue;
    throw new FileFormatError(where, { rule: "the product of all sizes must stay below 2^52", got: formatShape(shape) });
  }
  return elements;
}
