import { type DType, decode } from "../dtype";
import { FileFormatError } from "../errors";
import { type HostTensor, isFileOnly, readInteger } from "./host-tensor";
import { arrayOf } from "./npy";
import { PickleGlobal, PickleObject, type PickleValue, type Stateful, shownValue } from "./pickle-value";

/** `numpy.dtype`: its code (`f8`) comes first, its byte order by BUILD. */
class NumpyDType extends PickleObject implements Stateful {
  readonly kind = "a NumPy dtype";
  order = "<";

  constructor(readonly code: string) {
    super();
  }

  setState(state: PickleValue, where: string): void {
    const order = Array.isArray(state) ? state[1] : undefined;
    if (typeof order !== "string") fail("a NumPy dtype's state must hold its byte order", state, where);
    // "|" and "=" are for single bytes and for the machine's own order, which files don't have.
    this.order = order === ">" ? ">" : "<";
  }

  get descr(): string {
    return `${this.order}${this.code}`;
  }
}

/** `numpy.ndarray`: empty at first, filled by BUILD. */
export class NumpyArray extends PickleObject implements Stateful {
  readonly kind = "a NumPy array";
  tensor: HostTensor = { dtype: "u8", shape: [0], bytes: new Uint8Array() };

  setState(state: PickleValue, where: string): void {
    const [, shape, dtype, isFortranOrder, data] = Array.isArray(state) ? state : [];
    const isShape = Array.isArray(shape) && shape.every((size): size is number => typeof size === "number");
    if (!isShape || !(dtype instanceof NumpyDType)) fail("a NumPy array's state must hold shape and dtype", state, where);
    this.tensor = arrayOf({ descr: dtype.descr, isFortranOrder: isFortranOrder === true, shape }, toBytes(data, where), where);
  }
}

const SPELLINGS = ["numpy.core.multiarray", "numpy._core.multiarray"];

/** Numbers and arrays of NumPy, which training scripts save beside their tensors. */
export const NUMPY_GLOBALS: readonly PickleGlobal[] = [
  new PickleGlobal("numpy.ndarray"),
  new PickleGlobal("numpy.dtype", ([code], where) =>
    typeof code === "string" ? new NumpyDType(code) : fail("a NumPy dtype must be text", code, where),
  ),
  ...SPELLINGS.flatMap((module) => [
    new PickleGlobal(`${module}._reconstruct`, () => new NumpyArray()),
    new PickleGlobal(`${module}.scalar`, ([dtype, data], where) => toNumber(dtype, data, where)),
  ]),
];

function toNumber(dtype: PickleValue | undefined, data: PickleValue | undefined, where: string): number {
  if (!(dtype instanceof NumpyDType)) return fail("a NumPy number must have a dtype", dtype, where);
  const { dtype: own, bytes } = arrayOf({ descr: dtype.descr, isFortranOrder: false, shape: [] }, toBytes(data, where), where);
  if (isFileOnly(own)) return readInteger(new DataView(bytes.buffer, bytes.byteOffset), 0, own);
  return decode(bytes, own satisfies DType)[0] as number;
}

/** Bytes as protocol 3 has them, or the text of Python 2. */
function toBytes(data: PickleValue | undefined, where: string): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (typeof data !== "string") return fail("NumPy's data must be bytes", data, where);
  return Uint8Array.from(data, (char) => char.charCodeAt(0));
}

function fail(rule: string, value: PickleValue | undefined, where: string): never {
  throw new FileFormatError(where, { rule, got: shownValue(value) });
}
