/**
 * What `check.sh` can run, in order of value: `all` takes them from the top. Each is a module in `steps/` that exports
 * `run(recorder)` and records its cases one by one, and has a part of the page (`report-page.mjs`) under the same name.
 * `isRepeated`: it takes a second, and a driver may have come since.
 */
export const STEPS = [
  { name: "devices", what: "which devices, drivers and limits there are", isRepeated: true },
  { name: "parity-ops", what: "every op and its gradient against the f64 reference" },
  { name: "bench", what: "kernels, training steps and inference, the GPU's peak, PyTorch as peer" },
  { name: "parity-models", what: "whole models against the f64 reference, small ones first" },
  { name: "training", what: "loss curves of 20 steps" },
];

/** Seconds that a step may take. */
export const STEP_LIMIT = 480;
