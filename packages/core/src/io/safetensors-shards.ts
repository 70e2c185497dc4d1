import { FileFormatError } from "../errors";
import { shownName } from "./host-tensor";
import { type RandomAccess, readExactly } from "./random-access";
import { openSafetensors, type SafetensorsFile } from "./safetensors";
import { type JsonValue, parseStrictJson } from "./strict-json";
import { entryOf, type TensorEntry, type TensorFile } from "./tensor-file";

/** Opens a file that stands beside another, by its plain name. */
export type OpenSibling = (name: string) => Promise<RandomAccess>;

const MAX_INDEX_BYTES = 100_000_000;

/**
 * Opens weights that lie in several safetensors files: `model.safetensors.index.json` says which tensor is in which
 * (`{"metadata": …, "weight_map": {name: file}}`). Reads the index and the header of every shard; names and order are the index's.
 * @param openSibling opens a shard by its name, which never has a path in it.
 * @throws FileFormatError naming the shard or tensor if one is missing, or the index isn't as it should be.
 */
export async function openSafetensorsShards(source: RandomAccess, where: string, openSibling: OpenSibling): Promise<TensorFile> {
  const { weightMap, metadata } = await readIndex(source, where);
  const shards = new Map<string, SafetensorsFile>();
  const entries = new Map<string, TensorEntry & { readonly shard: SafetensorsFile }>();
  for (const [name, file] of weightMap) {
    const shard = shards.get(file) ?? (await openShard(file, where, openSibling));
    shards.set(file, shard);
    const entry = shard.entries.get(name);
    if (entry === undefined) {
      throw new FileFormatError(where, {
        rule: `${shownName(name)} must be in ${shownName(file)}, as the index says`,
        got: "none",
      });
    }
    entries.set(name, { dtype: entry.dtype, shape: entry.shape, shard });
  }
  return { entries, metadata, read: async (name) => entryOf(entries, name, where).shard.read(name) };
}

async function readIndex(
  source: RandomAccess,
  where: string,
): Promise<{ weightMap: ReadonlyMap<string, string>; metadata: Map<string, string> }> {
  if (source.size > MAX_INDEX_BYTES) {
    throw new FileFormatError(where, { rule: `the index must have at most ${MAX_INDEX_BYTES} bytes`, got: `${source.size}` });
  }
  const root = parseStrictJson(new TextDecoder().decode(await readExactly(source, 0, source.size, where)), where);
  const weightMap = root instanceof Map ? (root.get("weight_map") as JsonValue | undefined) : undefined;
  const isTextMap = weightMap instanceof Map && [...weightMap.values()].every((file) => typeof file === "string");
  if (!(root instanceof Map) || !isTextMap) {
    const fix = "Pass the model.safetensors.index.json that belongs to the shards";
    throw new FileFormatError(where, { rule: "the index must have a weight_map of names to files", got: "other JSON", fix });
  }
  for (const file of new Set(weightMap.values() as Iterable<string>)) checkFileName(file, where);
  return { weightMap: weightMap as ReadonlyMap<string, string>, metadata: textsOf(root.get("metadata")) };
}

/** Shards stand beside the index: a path could lead a reader anywhere. */
function checkFileName(file: string, where: string): void {
  if (/^[\w-][\w.+=@ -]*\.safetensors$/.test(file)) return;
  throw new FileFormatError(where, {
    rule: "shards must be .safetensors files beside the index, without a path",
    got: shownName(file),
  });
}

const textsOf = (metadata: JsonValue | undefined): Map<string, string> => {
  const rows = metadata instanceof Map ? [...(metadata as ReadonlyMap<string, JsonValue>)] : [];
  return new Map(rows.filter(([, value]) => typeof value !== "object").map(([key, value]) => [key, String(value)]));
};

async function openShard(file: string, where: string, openSibling: OpenSibling): Promise<SafetensorsFile> {
  const source = await openSibling(file).catch((error: unknown) => {
    const got = error instanceof Error ? error.message : String(error);
    throw new FileFormatError(where, {
      rule: `shard ${shownName(file)} must be there to be read`,
      got,
      fix: "Are all shards beside the index?",
    });
  });
  return openSafetensors(source, `${where}, shard ${file}`);
}
