/**
 * What `check.sh` can run, in order of value: `all`, `cuda` and `webgpu` take them from the top. Each is a module in `steps/` that exports
 * `run(recorder, context)` and records its cases one by one, and has a part of the page (`report-page.mjs`) under the name without its backend.
 * `isRepeated`: it takes a second, and a driver may have come since.
 */
export const STEPS = [
  { name: "cuda-devices", what: "which GPUs, drivers and kernels there are", isRepeated: true },
  { name: "cuda-parity-ops", module: "parity-ops", what: "every op and its gradient against the f64 reference" },
  {
    name: "cuda-bench-models",
    module: "cuda-bench",
    what: "ResNets: inference and training in f32, TF32 and bf16, PyTorch as peer",
  },
  { name: "cuda-bench-ops", module: "cuda-bench", what: "launches, bandwidths, products and convolutions, PyTorch as peer" },
  { name: "cuda-training", module: "training", what: "loss curves of 20 steps" },
  { name: "cuda-sanitizer", what: "compute-sanitizer on the ops: memcheck, and racecheck on a few" },
  { name: "cuda-parity-models", module: "parity-models", what: "whole models against the f64 reference, small ones first" },
  { name: "devices", what: "which adapters, drivers and limits there are", isRepeated: true },
  { name: "parity-ops", what: "every op and its gradient against the f64 reference" },
  { name: "bench", what: "kernels, training steps and inference, the GPU's peak, PyTorch as peer" },
  { name: "parity-models", what: "whole models against the f64 reference, small ones first" },
  { name: "training", what: "loss curves of 20 steps" },
].map((row) => ({ module: row.name, ...row, backend: backendOf(row.name) }));

/** The backend of a step by its name: WebGPU's were there first and have none in front. */
export function backendOf(name) {
  return name.startsWith("cuda-") ? "cuda" : "webgpu";
}

/** Seconds that a step may take. */
export const STEP_LIMIT = 480;
