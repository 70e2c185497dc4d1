const OPS = "every op and its gradient against the f64 reference";
const MODELS = "whole models against the f64 reference, small ones first";
const CURVES = "loss curves of 20 steps";
const FAULTS = "memory that isn't there, two processes at once, a training run that is killed";
const TIMES = "inference and training steps in f32, TF32 and bf16, PyTorch as peer";

/**
 * What `check.sh` can run, in order of value: `all`, `cuda` and `webgpu` take them from the top. Each is a module in `steps/` that exports
 * `run(recorder, context)` and records its cases one by one, and has a part of the page (`report-page.mjs`) under the name without its backend.
 * `isRepeated`: it takes a second, and a driver may have come since.
 */
export const STEPS = [
  { name: "cuda-devices", what: "which GPUs, drivers and kernels there are", isRepeated: true },
  { name: "devices", what: "which adapters, drivers and limits there are", isRepeated: true },
  { name: "cuda-parity-ops", module: "parity-ops", what: OPS },
  { name: "cuda-bench-models", module: "cuda-bench", what: `ResNets: ${TIMES}` },
  { name: "cuda-bench-ops", module: "cuda-bench", what: "launches, bandwidths, products and convolutions, PyTorch as peer" },
  { name: "parity-ops", what: OPS },
  { name: "cuda-training", module: "training", what: CURVES },
  { name: "cuda-mnist", module: "mnist", what: "LeNet-5 and ResNet-18 trained on MNIST, PyTorch as peer" },
  { name: "cuda-faults", module: "faults", what: FAULTS },
  { name: "bench", what: "kernels, LeNet-5's step, the GPU's peak, PyTorch as peer" },
  { name: "bench-models", what: "all models: inference and training steps in f32" },
  { name: "cuda-sanitizer", what: "compute-sanitizer on the ops: memcheck, and racecheck on a few" },
  { name: "cuda-bench-models-more", module: "cuda-bench", what: `ResNeXt, DenseNet, EfficientNet: ${TIMES}` },
  { name: "cuda-bench-models-large", module: "cuda-bench", what: `Inception v3, VGG-16: ${TIMES}` },
  { name: "cuda-parity-half", what: "whole models in bf16 and f16 beside the cpu's, small ones first" },
  { name: "training", what: CURVES },
  { name: "mnist", what: "LeNet-5 and ResNet-18 trained on MNIST" },
  { name: "faults", what: FAULTS },
  { name: "cuda-parity-models", module: "parity-models", what: MODELS },
  { name: "parity-models", what: MODELS },
  { name: "cuda-bench-compiled", what: "all models by torch.compile, which compiles for minutes" },
].map((row) => ({ module: row.name, ...row, backend: backendOf(row.name) }));

/** The backend of a step by its name: WebGPU's were there first and have none in front. */
export function backendOf(name) {
  return name.startsWith("cuda-") ? "cuda" : "webgpu";
}

/** Seconds that a step may take. */
export const STEP_LIMIT = 480;
