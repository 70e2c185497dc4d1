import { FileFormatError, formatShape } from "../errors";
import { type FileDType, fileTensorBytes, shownName } from "./host-tensor";
import type { JsonValue } from "./strict-json";

/** How the numbers of a weight were made smaller. */
export interface Quantization {
  readonly dtype: "u8" | "u16" | "f16";
  /** value = stored · scale + min; 1 and 0 for f16, which is only decoded. */
  readonly scale: number;
  readonly min: number;
}

/** One weight of the manifest: bytes [begin, begin + bytes) of its group. */
export interface ManifestEntry {
  readonly name: string;
  readonly dtype: FileDType;
  readonly shape: readonly number[];
  readonly quantization: Quantization | undefined;
  readonly begin: number;
  readonly bytes: number;
  /** State of an optimizer, saved with the model. */
  readonly isOptimizer: boolean;
}

/** Weights that lie one after the other in `paths`, taken together. */
export interface ManifestGroup {
  readonly paths: readonly string[];
  readonly entries: readonly ManifestEntry[];
  readonly bytes: number;
}

const DTYPES: ReadonlyMap<JsonValue | undefined, FileDType> = new Map<JsonValue | undefined, FileDType>([
  ["float32", "f32"],
  ["float16", "f16"],
  ["int32", "i32"],
  ["uint16", "u16"],
  ["uint8", "u8"],
  ["bool", "bool"],
]);
const QUANTIZED: ReadonlyMap<JsonValue | undefined, Quantization["dtype"]> = new Map<
  JsonValue | undefined,
  Quantization["dtype"]
>([
  ["uint8", "u8"],
  ["uint16", "u16"],
  ["float16", "f16"],
]);

/**
 * The `weightsManifest` of a TensorFlow.js model, checked: paths are plain names beside it, names occur once, dtypes are known
 * and sizes are sizes. Source: tfjs-core, io/types.ts and io/io_utils.ts.
 * @throws FileFormatError naming the weight.
 */
export function parseManifest(manifest: JsonValue | undefined, where: string): ManifestGroup[] {
  if (!Array.isArray(manifest)) throw new FileFormatError(where, { rule: "weightsManifest must be a list", got: "none" });
  const names = new Set<string>();
  return (manifest as readonly JsonValue[]).map((group) => parseGroup(group, names, where));
}

function parseGroup(group: JsonValue, names: Set<string>, where: string): ManifestGroup {
  const fields = group instanceof Map ? group : new Map<string, JsonValue>();
  const [paths, weights] = [fields.get("paths"), fields.get("weights")];
  if (!Array.isArray(paths) || !Array.isArray(weights)) {
    throw new FileFormatError(where, {
      rule: "each group of weightsManifest must have lists paths and weights",
      got: "other JSON",
    });
  }
  const entries: ManifestEntry[] = [];
  let begin = 0;
  for (const weight of weights as readonly JsonValue[]) {
    const entry = parseEntry(weight, begin, where);
    if (names.has(entry.name)) throw new FileFormatError(where, { rule: "names must be unique", got: shownName(entry.name) });
    names.add(entry.name);
    entries.push(entry);
    begin += entry.bytes;
  }
  return { paths: (paths as readonly JsonValue[]).map((path) => plainName(path, where)), entries, bytes: begin };
}

/** Shards stand beside the model: a path could lead a reader anywhere. */
function plainName(path: JsonValue, where: string): string {
  const name = typeof path === "string" ? path.replace(/^\.\//, "") : "";
  if (/^[\w-][\w.+=@ -]*$/.test(name)) return name;
  const got = typeof path === "string" ? shownName(path) : "no text";
  throw new FileFormatError(where, { rule: "shards must be files beside the model, without a path", got });
}

function parseEntry(weight: JsonValue, begin: number, where: string): ManifestEntry {
  const fields = weight instanceof Map ? weight : new Map<string, JsonValue>();
  const name = fields.get("name");
  if (typeof name !== "string") throw new FileFormatError(where, { rule: "weights must have a name", got: "none" });
  const dtype = DTYPES.get(fields.get("dtype"));
  const sizes = fields.get("shape");
  const shape = Array.isArray(sizes)
    ? (sizes as readonly JsonValue[]).map((size) => (typeof size === "number" ? size : -1))
    : [-1];
  const refuse = (rule: string, got: JsonValue | undefined): never => {
    throw new FileFormatError(where, {
      rule: `${shownName(name)} ${rule}`,
      got: typeof got === "object" ? "other JSON" : String(got),
    });
  };
  if (dtype === undefined) return refuse(`must be of ${[...DTYPES.keys()].join(", ")}`, fields.get("dtype"));
  const quantization = parseQuantization(fields.get("quantization"), dtype, refuse);
  const bytes = fileTensorBytes(quantization?.dtype ?? dtype, shape);
  if (bytes === undefined) return refuse("must have a shape of sizes ≥ 0", formatShape(shape.slice(0, 8)));
  return { name, dtype, shape, quantization, begin, bytes, isOptimizer: fields.get("group") === "optimizer" };
}

function parseQuantization(
  value: JsonValue | undefined,
  dtype: FileDType,
  refuse: (rule: string, got: JsonValue | undefined) => never,
): Quantization | undefined {
  if (value === undefined || value === null) return undefined;
  const fields = value instanceof Map ? (value as ReadonlyMap<string, JsonValue>) : new Map<string, JsonValue>();
  const stored = QUANTIZED.get(fields.get("dtype"));
  if (stored === undefined) return refuse(`must be quantised to ${[...QUANTIZED.keys()].join(", ")}`, fields.get("dtype"));
  if (dtype !== "f32" && (dtype !== "i32" || stored === "f16")) return refuse("must be float32 to be quantised", dtype);
  if (stored === "f16") return { dtype: stored, scale: 1, min: 0 };
  const [scale, min] = [fields.get("scale"), fields.get("min")];
  if (typeof scale !== "number" || !Number.isFinite(scale)) return refuse("must have a finite scale", scale);
  if (typeof min !== "number" || !Number.isFinite(min)) return refuse("must have a finite min", min);
  return { dtype: stored, scale, min };
}
