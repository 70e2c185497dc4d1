import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/** Libraries of the bundle; in the repository there are none. */
export const LIB = join(ROOT, "lib");

/** What the bundle was made of. In the repository the scripts run on what was built last. */
export function bundleFacts() {
  const path = join(ROOT, "bundle.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : { hash: "unbundled", commit: "unknown" };
}
