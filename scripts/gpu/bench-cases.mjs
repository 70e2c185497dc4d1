// What is measured of WebGPU beside its models, by key; a peer measures the same. Rows that CUDA has too have its keys.
import { convCase, matmulCase, RESNET50, shrunk } from "./op-cases.mjs";

const MATMULS = [512, 1024, 2048, 4096];
const BATCHES = [1, 32];
/** Of MobileNetV2 and EfficientNet. */
const DEPTHWISE = [
  { kernel: 3, channels: 96, filters: 96, side: 112, groups: 96 },
  { kernel: 5, channels: 240, filters: 240, side: 28, groups: 240 },
];

const conv2d = (row, batch) => convCase(row, { kind: "conv2d", precision: "f32", batch });

/** Products of matrices and convolutions. `isSmall`: for a processor that plays the GPU. */
export const opCases = (isSmall) =>
  isSmall
    ? [matmulCase(64, "f32"), conv2d(shrunk(RESNET50[0]), 1)]
    : [
        ...MATMULS.map((n) => matmulCase(n, "f32")),
        ...[...RESNET50, ...DEPTHWISE].flatMap((row) => BATCHES.map((batch) => conv2d(row, batch))),
      ];
