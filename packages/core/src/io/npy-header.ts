import { FileFormatError } from "../errors";

/** The three facts of a .npy header, and where the data starts. */
export interface NpyHeader {
  readonly descr: string;
  readonly isFortranOrder: boolean;
  readonly shape: readonly number[];
  readonly dataOffset: number;
}

/**
 * Parses the header of a .npy file, a Python dict literal with exactly the keys descr, fortran_order and shape.
 * @throws FileFormatError if it isn't that, or isn't whole.
 */
export function parseNpyHeader(file: Uint8Array, where: string): NpyHeader {
  const { start, dataOffset } = locateHeader(file, where);
  const text = String.fromCharCode(...file.subarray(start, dataOffset));
  const found = parseDict(text, where);
  const [descr, order, shape] = [found.get("descr"), found.get("fortran_order"), found.get("shape")];
  if (typeof descr !== "string" || typeof order !== "boolean" || !Array.isArray(shape)) {
    throw malformed(where, text);
  }
  return { descr, isFortranOrder: order, shape, dataOffset };
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

// Headers of plain arrays take 128 bytes. Longer ones than this belong to structured dtypes, which aren't read anyway.
const MAX_HEADER_BYTES = 16_384;

function locateHeader(file: Uint8Array, where: string): { start: number; dataOffset: number } {
  if (file.byteLength < 10 || MAGIC.some((byte, i) => file[i] !== byte)) {
    const got = file.byteLength < 10 ? `${file.byteLength} bytes` : `bytes ${file.subarray(0, 6).join(" ")}`;
    throw new FileFormatError(where, { rule: "the file must start with \\x93NUMPY", got });
  }
  const [major, minor] = [file[6] as number, file[7] as number];
  if (major < 1 || major > 3 || minor !== 0) {
    throw new FileFormatError(where, { rule: "the format's version must be 1.0, 2.0 or 3.0", got: `${major}.${minor}` });
  }
  const start = major === 1 ? 10 : 12;
  if (file.byteLength < start)
    throw new FileFormatError(where, { rule: `the file must have ${start} bytes at least`, got: `${file.byteLength}` });
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const limit = Math.min(MAX_HEADER_BYTES, file.byteLength - start);
  if (length > limit)
    throw new FileFormatError(where, { rule: `the header's length must be at most ${limit}`, got: `${length}` });
  return { start, dataOffset: start + length };
}

type Value = string | boolean | number[];

const PAIR =
  /\s*(?:'(descr|fortran_order|shape)'|"(descr|fortran_order|shape)")\s*:\s*(?:'([^'"\\]*)'|"([^'"\\]*)"|(True|False)|\(([\d\s,]*)\))\s*(,|(?=\}))/y;

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`: keys in any order, either quote. */
function parseDict(text: string, where: string): Map<string, Value> {
  const found = new Map<string, Value>();
  const open = /^\s*\{/.exec(text);
  if (open === null) throw malformed(where, text);
  PAIR.lastIndex = open[0].length;
  let end = PAIR.lastIndex;
  for (let match = PAIR.exec(text); match !== null; match = PAIR.exec(text)) {
    const key = match[1] ?? match[2] ?? "";
    const [string, boolean, tuple] = [match[3] ?? match[4], match[5], match[6]];
    const value = string ?? (boolean === undefined ? parseTuple(tuple ?? "") : boolean === "True");
    if (value === undefined || found.has(key)) throw malformed(where, text);
    found.set(key, value);
    end = PAIR.lastIndex;
  }
  if (!/^\s*\}\s*$/.test(text.slice(end))) throw malformed(where, text);
  return found;
}

/** The inside of a tuple of sizes: "", "3," or "3, 4". Undefined where Python would see something else. */
function parseTuple(text: string): number[] | undefined {
  if (text.trim() === "") return [];
  const items = text.split(",").map((item) => item.trim());
  if (items.length === 1) return undefined;
  if (items.at(-1) === "") items.pop();
  return items.every((item) => /^\d+$/.test(item)) ? items.map(Number) : undefined;
}

function malformed(where: string, text: string): FileFormatError {
  const rule = "the header must be {'descr': '<type>', 'fortran_order': True or False, 'shape': (…)}, each key once";
  return new FileFormatError(where, { rule, got: JSON.stringify(text.slice(0, 80)) });
}
