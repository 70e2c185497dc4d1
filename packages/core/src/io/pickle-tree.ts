import { FileFormatError } from "../errors";
import { shownName } from "./host-tensor";
import { NumpyArray } from "./numpy-globals";
import { isDict, PickleGlobal, type PickleValue } from "./pickle-value";
import { PickledStorage, PickledTensor, StorageView } from "./pickled-tensor";

/** The leaves of a pickle, by dotted path. */
export interface PickleLeaves {
  readonly tensors: ReadonlyMap<string, PickledTensor | NumpyArray>;
  readonly texts: ReadonlyMap<string, string>;
}

/** A pickle can share parts of itself, or hold itself, and so stand for far more leaves than it has bytes. */
const MAX_VALUES = 2 ** 18;
const MAX_DEPTH = 64;
/** Name of a tensor that is the whole file. */
const ROOT = "tensor";

/**
 * Lists what nested dicts and lists hold under names joined by dots (`state_dict.conv1.weight`, `optimizer.state.0.momentum_buffer`).
 * Numbers, booleans and strings become text; None, bytes and names are left out.
 * @throws FileFormatError if two values have one name, or there are too many.
 */
export function flattenPickle(root: PickleValue, where: string): PickleLeaves {
  const tensors = new Map<string, PickledTensor | NumpyArray>();
  const texts = new Map<string, string>();
  let visited = 0;

  const visit = (path: string, value: PickleValue, depth: number): void => {
    if (++visited > MAX_VALUES || depth > MAX_DEPTH) {
      const rule = `the pickle must hold at most ${MAX_VALUES} values, nested at most ${MAX_DEPTH} deep`;
      throw new FileFormatError(where, { rule, got: `more at ${shownName(path)}`, fix: "Does it hold itself?" });
    }
    if (isDict(value)) for (const [key, item] of value) visit(join(path, keyText(key)), item, depth + 1);
    else if (Array.isArray(value)) for (const [i, item] of value.entries()) visit(join(path, `${i}`), item, depth + 1);
    else if (value instanceof PickledTensor || value instanceof NumpyArray) put(tensors, path, value, where);
    else if (value instanceof PickledStorage || value instanceof StorageView) put(tensors, path, wholeStorage(value), where);
    else if (isScalar(value)) put(texts, path, String(value), where);
  };

  visit("", root, 0);
  return { tensors, texts };
}

const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

/** Numbers, and whatever else Python takes as a key, as text. */
const keyText = (key: PickleValue): string => (key instanceof PickleGlobal ? key.name : String(key));

const isScalar = (value: PickleValue): value is boolean | number | bigint | string =>
  ["boolean", "number", "bigint", "string"].includes(typeof value);

function put<T>(leaves: Map<string, T>, path: string, value: T, where: string): void {
  const name = path === "" ? ROOT : path;
  if (leaves.has(name))
    throw new FileFormatError(where, { rule: "every value must have a name of its own", got: `two ${shownName(name)}` });
  leaves.set(name, value);
}

const wholeStorage = (source: PickledStorage | StorageView): PickledTensor =>
  source instanceof StorageView
    ? new PickledTensor(source.root, source.root.dtype, [source.elements], [1], source.begin)
    : new PickledTensor(source, source.dtype, [source.elements], [1], 0);
