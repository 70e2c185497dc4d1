// `pnpm parity:models [--device webgpu] [NAME…]`: every model against PyTorch, on cpu or another device, and how near to its bounds each
// came: logits with and without fused kernels, features, then loss, gradients and running statistics of a training step.
//
// With a Python that has torch 1.13 and torchvision 0.14 (Debian 12: apt-get install python3-torch python3-torchvision; or PYTHON naming
// one) in full: the gradient of every parameter. Without, as far as PyTorch's committed results go: about 20 gradients of each model.
// `--committed` asks for these although there is a Python.
//
// WebGPU is a software adapter out of npm, where WEBGPU_ADAPTER doesn't name a real one (`WEBGPU_ADAPTER=nvidia`). On cpu the memory
// that the largest models take to train is measured too; that needs a build.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const GOLDENS = join(ROOT, "packages/models/goldens");

/** Those that take the most for their weights and for their maps, and how many images a training step has. */
const LARGEST = { vgg19: 2, efficientnet_b7: 1 };

const { values: options, positionals } = parseArgs({
  options: { device: { type: "string", default: "cpu" }, committed: { type: "boolean", default: false } },
  allowPositionals: true,
});
const all = Object.keys(JSON.parse(readFileSync(join(GOLDENS, "layouts.json"), "utf8")));
const names = positionals.length > 0 ? positionals : all;
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`parity:models: names must be of models that vertebra models lists, got ${unknown.join(", ")}`);
  process.exit(2);
}

const python = options.committed ? undefined : findPython();
const folder = python && mkdtempSync(join(tmpdir(), "vertebra-goldens-"));
try {
  if (python) run(python, [join(GOLDENS, "make_models.py"), "--full", folder, ...names]);
  else console.info("parity:models compares with PyTorch's committed results, not with every gradient");
  run(
    process.execPath,
    ["node_modules/vitest/vitest.mjs", "run", "packages/models/src/goldens.test.ts", "--disableConsoleIntercept"],
    {
      GOLDENS_DEVICE: options.device,
      GOLDENS_MODELS: names.join(),
      ...(folder && { VERTEBRA_MODEL_GOLDENS: folder }),
    },
  );
  for (const [name, batch] of Object.entries(LARGEST)) {
    // A process each: its peak is then that of this model alone.
    if (options.device === "cpu" && names.includes(name))
      run(process.execPath, ["scripts/training-memory.mjs", name, `${batch}`]);
  }
} finally {
  if (folder) rmSync(folder, { recursive: true, force: true });
}

/** One with PyTorch. */
function findPython() {
  const candidates = [process.env.PYTHON, "python3", "/usr/bin/python3"];
  return candidates.find((one) => one && spawnSync(one, ["-c", "import torch, torchvision"]).status === 0);
}

/** Runs to the end, or ends with its exit code. */
function run(program, args, env = {}) {
  const { status, error } = spawnSync(program, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...env } });
  if (error) console.error(error.message);
  if (status === 0) return;
  if (folder) rmSync(folder, { recursive: true, force: true });
  process.exit(status ?? 1);
}
