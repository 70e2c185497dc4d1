import { FileFormatError } from "../errors";
import { isDict, type PickleDict, PickleGlobal, type PickleValue, shownValue } from "./pickle-value";

/** Python's own containers and values that checkpoints hold beside their tensors, as data. */
export const PLAIN_GLOBALS: readonly PickleGlobal[] = [
  new PickleGlobal("collections.OrderedDict", (args, where) => toDict(args[0], where)),
  new PickleGlobal("collections.Counter", (args, where) => toDict(args[0], where)),
  // Its first argument makes missing values; nothing here asks for one.
  new PickleGlobal("collections.defaultdict", (args, where) => toDict(args[1], where)),
  new PickleGlobal("argparse.Namespace", () => new Namespace()),
  ...["set", "frozenset", "list", "tuple"].map(
    (name) => new PickleGlobal(`builtins.${name}`, (args, where) => toList(args[0], where)),
  ),
  new PickleGlobal("builtins.dict", (args, where) => toDict(args[0], where)),
  ...["int", "long", "float", "bool", "str", "unicode", "object"].map((name) => new PickleGlobal(`builtins.${name}`)),
  new PickleGlobal("builtins.bytearray", (args, where) => toBytes(args, where)),
  // What protocol 2 makes of bytes: text whose characters are the bytes.
  new PickleGlobal("_codecs.encode", (args, where) => toBytes(args, where)),
  new PickleGlobal("copyreg._reconstructor", (args, where) => reconstruct(args[0], where)),
  ...["PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath"].map(
    (name) => new PickleGlobal(`pathlib.${name}`, (args, where) => toPath(args, where)),
  ),
];

/** Options of a training script: attributes become items. */
class Namespace extends Map<PickleValue, PickleValue> {
  setState(state: PickleValue, where: string): void {
    for (const [name, value] of toDict(state, where)) this.set(name, value);
  }
}

function toDict(value: PickleValue | undefined, where: string): PickleDict {
  if (value === undefined) return new Map();
  if (isDict(value)) return new Map(value);
  const pairs = Array.isArray(value) ? value : [value];
  if (pairs.every((pair): pair is [PickleValue, PickleValue] => Array.isArray(pair) && pair.length === 2)) return new Map(pairs);
  return fail("a dict must be made of pairs", value, where);
}

function toList(value: PickleValue | undefined, where: string): PickleValue[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? [...value] : fail("a set or list must be made of a list", value, where);
}

function toBytes([text = "", encoding = "latin1"]: readonly PickleValue[], where: string): Uint8Array {
  if (text instanceof Uint8Array) return text;
  const isKnown = typeof encoding === "string" && /^latin[-_]?1$/.test(encoding);
  if (typeof text !== "string" || !isKnown || Array.from(text).some((char) => char > "\xff"))
    return fail("bytes must be latin1 text", text, where);
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function reconstruct(type: PickleValue | undefined, where: string): PickleValue {
  if (type instanceof PickleGlobal && type.name === "argparse.Namespace") return new Namespace();
  return fail("an object to reconstruct must be a plain one", type, where);
}

function toPath(parts: readonly PickleValue[], where: string): string {
  if (!parts.every((part) => typeof part === "string")) return fail("a path must be made of text", parts[0], where);
  return parts.join("/").replace("//", "/");
}

function fail(rule: string, value: PickleValue | undefined, where: string): never {
  throw new FileFormatError(where, { rule, got: shownValue(value) });
}
