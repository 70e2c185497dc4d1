import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readShardNames } from "./hub/shards";
import { UsageError } from "./usage-error";

/**
 * Makes sure that what is about to be written replaces nothing that it is made from, whatever way the paths are written: `inputs`,
 * and the shards that an index among them names.
 * @throws UsageError naming the file.
 */
export async function requireOtherFile(where: string, out: string, inputs: readonly string[]): Promise<void> {
  const target = realPath(out);
  for (const input of inputs) {
    const names = await readShardNames(input, basename(input)).catch(() => []);
    const shards = names.map((name) => join(dirname(input), name));
    if (![input, ...shards].some((path) => realPath(path) === target)) continue;
    const fix = "Choose another name for the output";
    throw new UsageError(where, { rule: "the output must be another file than the inputs", got: out, fix });
  }
}

/** Without links on the way; the file itself need not be there yet. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(resolve(path));
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : resolve(path);
}
