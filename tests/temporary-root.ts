import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What `tmpdir()` reads. */
const VARIABLE = process.platform === "win32" ? "TEMP" : "TMPDIR";

/**
 * Gives a run a folder of its own for temporary files, and removes it behind all tests: whatever a file leaves that is skipped, fails or is
 * stopped, for which Vitest calls no `afterAll`, goes with it. Vitest calls it once, before it starts processes for tests.
 */
export function setup(): () => void {
  const root = mkdtempSync(join(tmpdir(), "vertebra-tests-"));
  const before = process.env[VARIABLE];
  process.env[VARIABLE] = root;
  return () => {
    if (before === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = before;
    rmSync(root, { recursive: true, force: true });
  };
}
