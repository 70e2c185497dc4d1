import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import { FileFormatError } from "@vertebra/core";

/** Files that name others beside them: an index of safetensors, a model of TensorFlow.js. */
const KINDS = [
  { isIt: /\.index\.json$/, key: "weight_map", shards: (value: unknown) => Object.values(value as object) },
  {
    isIt: /(?:^|\/)model\.json$/,
    key: "weightsManifest",
    shards: (value: unknown) =>
      (value as readonly { readonly paths: readonly string[] }[]).flatMap(({ paths }) =>
        paths.map((one) => one.replace(/^\.\//, "")),
      ),
  },
] as const;

/**
 * Paths in the repository of the shards that a file names; none for a file that is whole by itself. `weight_map` of an index
 * has the file of each tensor, `weightsManifest` of a model.json the files of each group.
 * @throws FileFormatError if it isn't as it should be.
 */
export async function readShardNames(path: string, file: string): Promise<string[]> {
  const kind = KINDS.find(({ isIt }) => isIt.test(file));
  if (!kind) return [];
  const names = shardNames(await readFile(path, "utf8"), kind);
  if (names !== undefined) return names.map((name) => posix.join(posix.dirname(file), name));
  throw new FileFormatError(path, { rule: `${kind.key} must name a file beside it for each tensor`, got: "something else" });
}

function shardNames(json: string, { key, shards }: (typeof KINDS)[number]): string[] | undefined {
  try {
    const names = [...new Set<unknown>(shards((JSON.parse(json) as Readonly<Record<string, unknown>>)[key]))];
    // Without slashes: beside the file.
    return names.every((name): name is string => typeof name === "string" && /^[^/\\]+$/.test(name)) ? names : undefined;
  } catch {
    return undefined;
  }
}
