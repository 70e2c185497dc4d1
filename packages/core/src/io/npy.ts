import { DTypeError, FileFormatError, formatShape, ShapeError } from "../errors";
import {
  checkBooleans,
  concatBytes,
  type FileDType,
  fileDTypeBytes,
  fileTensorBytes,
  type HostTensor,
  swapBytes,
} from "./host-tensor";
import { type NpyHeader, parseNpyHeader } from "./npy-header";
import { gatherStrided } from "./strided";

/**
 * The array of a NumPy .npy file (format 1.0, 2.0 or 3.0), in row-major order and little endian: column-major files are
 * transposed and big-endian ones swapped. The bytes are always a copy.
 * @throws FileFormatError if anything in the file isn't as the format says, or its dtype isn't one of `NPY_DTYPES`.
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function readNpy(file: Uint8Array, where = "readNpy"): HostTensor {
  const header = parseNpyHeader(file, where);
  return arrayOf(header, file.subarray(header.dataOffset), where);
}

/**
 * The array that `data` holds in the layout that a header describes; a copy.
 * @throws FileFormatError if the data's size, dtype or booleans don't fit.
 */
export function arrayOf(header: Omit<NpyHeader, "dataOffset">, data: Uint8Array, where: string): HostTensor {
  const { descr, isFortranOrder, shape } = header;
  const { dtype, isBigEndian } = parseDescr(descr, where);
  const expected = fileTensorBytes(dtype, shape);
  if (expected !== data.byteLength) {
    const rule = `the file must hold ${expected ?? "fewer than 2^53"} bytes after its header for ${dtype} ${formatShape(shape)}`;
    throw new FileFormatError(where, { rule, got: `${data.byteLength}`, fix: "Is the file whole, and one array only?" });
  }
  const step = fileDTypeBytes(dtype);
  let bytes = new Uint8Array(data);
  if (isBigEndian) swapBytes(bytes, step);
  if (isFortranOrder && !shape.includes(0)) bytes = gatherStrided(bytes, shape, columnStrides(shape), step);
  const tensor = { dtype, shape, bytes };
  checkBooleans(where, "the array", tensor);
  return tensor;
}

/**
 * A .npy file of format 1.0, little endian and row-major, laid out as NumPy does (data starts at a multiple of 64).
 * @throws DTypeError for bf16, which NumPy doesn't have. @throws ShapeError if bytes don't fit the shape.
 */
export function writeNpy({ dtype, shape, bytes }: HostTensor): Uint8Array {
  const where = "writeNpy";
  const code = [...NPY_DTYPES].find(([, known]) => known === dtype)?.[0];
  if (code === undefined) {
    throw new DTypeError(where, {
      rule: "dtype must be one that NumPy has",
      got: dtype,
      fix: 'Convert it with toDtype("f32") first',
    });
  }
  if (fileTensorBytes(dtype, shape) !== bytes.byteLength || shape.length > MAX_RANK) {
    const rule = `shape must have at most ${MAX_RANK} axes and fit the bytes`;
    throw new ShapeError(where, {
      rule,
      got: `${formatShape(shape.slice(0, MAX_RANK + 1))} ${dtype} and ${bytes.byteLength} bytes`,
    });
  }
  const order = fileDTypeBytes(dtype) === 1 ? "|" : "<";
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10;
  const text = `\x93NUMPY\x01\x00${String.fromCharCode(length & 255, length >> 8)}${dict.padEnd(length - 1)}\n`;
  return concatBytes([Uint8Array.from(text, (char) => char.charCodeAt(0)), bytes]);
}

/** The format's type codes that can be read and written. */
export const NPY_DTYPES: ReadonlyMap<string, FileDType> = new Map([
  ["f4", "f32"],
  ["f8", "f64"],
  ["f2", "f16"],
  ["i4", "i32"],
  ["i8", "i64"],
  ["u1", "u8"],
  ["b1", "bool"],
  ["i1", "i8"],
  ["i2", "i16"],
  ["u2", "u16"],
  ["u4", "u32"],
  ["u8", "u64"],
]);

/** NumPy's own limit on axes. */
const MAX_RANK = 64;

/** The dtype and byte order of a type code such as `<f4`. @throws FileFormatError if it isn't one of `NPY_DTYPES`. */
export function parseDescr(descr: NpyHeader["descr"], where: string): { dtype: FileDType; isBigEndian: boolean } {
  const dtype = NPY_DTYPES.get(descr.slice(1));
  const order = descr[0] ?? "";
  const isKnown = dtype !== undefined && (fileDTypeBytes(dtype) === 1 ? "|<>=" : "<>").includes(order);
  if (isKnown && order !== "") return { dtype, isBigEndian: order === ">" };
  const rule = `descr must be < or > (| for single bytes) and one of ${[...NPY_DTYPES.keys()].join(", ")}`;
  throw new FileFormatError(where, { rule, got: JSON.stringify(descr.slice(0, 40)), fix: "Save it with .astype(numpy.float32)" });
}

/** Of column-major order, in which the first index is the fastest. */
const columnStrides = (shape: readonly number[]): readonly number[] =>
  shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
