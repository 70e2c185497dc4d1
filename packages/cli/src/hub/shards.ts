import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import { FileFormatError } from "@vertebra/core";

/**
 * Paths in the repository of the shards that an index names; none for a file that isn't an index. `weight_map` of an index
 * has the file, beside the index, of each tensor.
 * @throws FileFormatError if an index isn't as it should be.
 */
export async function readShardNames(path: string, file: string): Promise<string[]> {
  if (!file.endsWith(".index.json")) return [];
  const names = shardNames(await readFile(path, "utf8"));
  if (names !== undefined) return names.map((name) => posix.join(posix.dirname(file), name));
  throw new FileFormatError(path, {
    rule: "weight_map must name a file beside the index for each tensor",
    got: "something else",
  });
}

function shardNames(json: string): string[] | undefined {
  try {
    const { weight_map } = JSON.parse(json) as { readonly weight_map: unknown };
    const names = [...new Set(Object.values(weight_map as object))];
    // Without slashes: beside the index.
    return names.every((name) => typeof name === "string" && /^[^/\\]+$/.test(name)) ? names : undefined;
  } catch {
    return undefined;
  }
}
