import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";

/** A file system of 1 MB at a new folder, where this process may mount one. */
export function mountTinyDisk(path: string): { readonly path: string; unmount(): void } | undefined {
  mkdirSync(path);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "vertebra-test", path]);
  return status === 0 ? { path, unmount: () => spawnSync("umount", [path]) } : undefined;
}
