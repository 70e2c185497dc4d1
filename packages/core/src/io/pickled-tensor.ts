import { FileFormatError, formatShape } from "../errors";
import {
  alignedBytes,
  checkBooleans,
  type FileDType,
  fileDTypeBytes,
  fileTensorBytes,
  type HostTensor,
  shownName,
} from "./host-tensor";
import { PickleObject, type PickleValue, shownValue } from "./pickle-value";
import { gatherStrided } from "./strided";

/** One block of a PyTorch file's elements, which several tensors may share. */
export class PickledStorage extends PickleObject {
  readonly kind = "a storage";

  constructor(
    readonly key: string,
    /** u8 for untyped storages, whose tensors bring their own dtype. */
    readonly dtype: FileDType,
    readonly elements: number,
  ) {
    super();
  }

  get bytes(): number {
    return this.elements * fileDTypeBytes(this.dtype);
  }
}

/** `elements` of a storage from element `begin` on: what PyTorch before 0.4 could save by itself. */
export class StorageView extends PickleObject {
  readonly kind = "a storage";

  constructor(
    readonly root: PickledStorage,
    readonly begin: number,
    readonly elements: number,
  ) {
    super();
  }
}

/** Where a tensor's elements lie: x[i, j, …] is element offset + i·strides[0] + j·strides[1] + … of the storage. */
export class PickledTensor extends PickleObject {
  readonly kind = "a tensor";

  constructor(
    readonly storage: PickledStorage,
    readonly dtype: FileDType,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    readonly offset: number,
  ) {
    super();
  }
}

/** Bytes [begin, begin + length) of a storage. */
export type ReadStorage = (storage: PickledStorage, begin: number, length: number) => Promise<Uint8Array>;

const MAX_RANK = 64;
/** What `expand` may make of a smaller storage: more would let a file of some bytes fill the memory. */
const MAX_EXPANDED_BYTES = 2 ** 26;

/**
 * The tensor that `_rebuild_tensor(storage, offset, size, stride)` describes.
 * @throws FileFormatError if an element would lie outside the storage.
 */
export function rebuildTensor(args: readonly PickleValue[], where: string, dtype?: FileDType): PickledTensor {
  const [source, offset, size, stride] = args;
  const fail = (rule: string, got: string): never => {
    throw new FileFormatError(where, { rule: `a tensor's ${rule}`, got });
  };
  if (!(source instanceof PickledStorage || source instanceof StorageView))
    return fail("storage must be one", shownValue(source));
  const [shape, strides] = [toSizes(size), toSizes(stride)];
  if (!isSize(offset) || !shape || !strides || shape.length !== strides.length || shape.length > MAX_RANK) {
    const got = `${shownValue(offset)}, ${shown(size)} and ${shown(stride)}`;
    return fail(`offset, size and stride must be integers from 0 on, of one rank up to ${MAX_RANK}`, got);
  }
  const { storage, begin, elements } = window(source, dtype);
  const own = dtype ?? storage.dtype;
  const bytes = fileTensorBytes(own, shape);
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * (strides[axis] as number), offset);
  const isInside = bytes === 0 || (Number.isSafeInteger(last) && last < elements);
  if (bytes === undefined || !isInside) {
    return fail(
      `elements must lie in its storage of ${elements}`,
      `offset ${offset}, size ${formatShape(shape)}, stride ${shown(stride)}`,
    );
  }
  if (bytes > Math.max(storage.bytes, MAX_EXPANDED_BYTES)) {
    return fail(`expanded size must take at most ${MAX_EXPANDED_BYTES} bytes`, `${own} ${formatShape(shape)}`);
  }
  return new PickledTensor(storage, own, shape, strides, begin + offset);
}

/**
 * The tensor in row-major order, of which only the part of the storage that it spans is read.
 * @throws FileFormatError if a bool isn't 0 or 1.
 */
export async function readPickledTensor(
  name: string,
  tensor: PickledTensor,
  where: string,
  read: ReadStorage,
): Promise<HostTensor> {
  const { storage, dtype, shape, strides, offset } = tensor;
  const step = fileDTypeBytes(dtype);
  const isEmpty = shape.includes(0);
  const span = isEmpty ? 0 : shape.reduce((sum, length, axis) => sum + (length - 1) * (strides[axis] as number), 1);
  const bytes = await read(storage, isEmpty ? 0 : offset * step, span * step);
  const isInOrder = isEmpty || isContiguous(shape, strides);
  const result = { dtype, shape, bytes: isInOrder ? alignedBytes(bytes, dtype) : gatherStrided(bytes, shape, strides, step) };
  checkBooleans(where, shownName(name), result);
  return result;
}

/** The storage as elements of the tensor's dtype, which differs for untyped storages alone. */
function window(
  source: PickledStorage | StorageView,
  dtype?: FileDType,
): { storage: PickledStorage; begin: number; elements: number } {
  if (source instanceof StorageView) return { storage: source.root, begin: source.begin, elements: source.elements };
  const elements = dtype === undefined ? source.elements : Math.floor(source.bytes / fileDTypeBytes(dtype));
  return { storage: source, begin: 0, elements };
}

const isSize = (value: PickleValue | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const toSizes = (value: PickleValue | undefined): readonly number[] | undefined =>
  Array.isArray(value) && value.every(isSize) ? (value as number[]) : undefined;

const shown = (value: PickleValue | undefined): string =>
  Array.isArray(value) ? `[${value.slice(0, 8).map(shownValue).join(", ")}${value.length > 8 ? ", …" : ""}]` : shownValue(value);

/** Axes of one element may have any stride. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis] as number;
  }
  return true;
}
