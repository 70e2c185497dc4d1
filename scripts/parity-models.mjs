// `pnpm parity:models [NAME…]`: every model against PyTorch in full, and the memory that the largest take to train. Needs a Python with
// torch 1.13 and torchvision 0.14 (Debian 12: apt-get install python3-torch python3-torchvision), or PYTHON naming one, and a build.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const names = process.argv.slice(2);

/** Those that take the most for their weights and for their maps, and how many images a training step has. */
const LARGEST = { vgg19: 2, efficientnet_b7: 1 };

const python = [process.env.PYTHON, "python3", "/usr/bin/python3"].find(
  (candidate) => candidate && spawnSync(candidate, ["-c", "import torch, torchvision"]).status === 0,
);
if (!python) {
  console.error("parity:models needs a Python with torch and torchvision: apt-get install python3-torch python3-torchvision");
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), "vertebra-goldens-"));
try {
  run(python, [join(ROOT, "packages/models/goldens/make_models.py"), "--full", folder, ...names]);
  run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "packages/models/src/goldens.test.ts"], {
    VERTEBRA_MODEL_GOLDENS: folder,
  });
  for (const [name, batch] of Object.entries(LARGEST)) {
    // A process each: its peak is then that of this model alone.
    if (names.length === 0 || names.includes(name)) run(process.execPath, ["scripts/training-memory.mjs", name, `${batch}`]);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs to the end, or ends with its exit code. */
function run(program, args, env = {}) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...env } });
  if (error) console.error(error.message);
  if (status === 0) return;
  rmSync(folder, { recursive: true, force: true });
  process.exit(status ?? 1);
}
