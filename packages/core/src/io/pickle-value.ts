/** What a pickle may build: plain data, names from the allow-list, and objects that only describe tensors. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  /** Lists, tuples and sets: the difference doesn't matter to weights. */
  | PickleValue[]
  | PickleDict
  | PickleGlobal
  | PickleObject;

export interface PickleDict extends Map<PickleValue, PickleValue> {}

/** A value that takes part of its contents from the BUILD opcode. */
export interface Stateful {
  setState(state: PickleValue, where: string): void;
}

/** A tensor, a storage, a NumPy dtype: a description without behaviour. */
export abstract class PickleObject {
  /** What it is, as messages name it. */
  abstract readonly kind: string;
}

/** A class or function that a pickle names. It is never looked up anywhere: `call` is all it can do. */
export class PickleGlobal {
  constructor(
    /** Module and name with a dot between: `collections.OrderedDict`. */
    readonly name: string,
    /** What a call of it gives; undefined where it may only be mentioned. */
    readonly call?: (args: PickleValue[], where: string) => PickleValue,
  ) {}
}

export const isDict = (value: unknown): value is PickleDict => value instanceof Map;

export const isStateful = (value: PickleValue): value is PickleValue & Stateful =>
  typeof value === "object" && value !== null && "setState" in value;

/** A value as messages print it. */
export function shownValue(value: PickleValue | undefined): string {
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof PickleObject) return value.kind;
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return `${value.length} values`;
  if (isDict(value)) return `a dict of ${value.size}`;
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : String(value).slice(0, 80);
}
