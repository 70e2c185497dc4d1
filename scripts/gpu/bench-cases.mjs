// What is measured of WebGPU beside its models, by key; a peer measures the same. Rows that CUDA has too have its keys.

const MATMULS = [512, 1024, 2048, 4096];
const BATCHES = [1, 32];

/** Convolutions as they are in ResNet-50, and depthwise ones of MobileNetV2 and EfficientNet. `side`: of the square input. */
const CONVOLUTIONS = [
  { kernel: 3, channels: 64, filters: 64, side: 56 },
  { kernel: 3, channels: 128, filters: 128, side: 56, stride: 2 },
  { kernel: 3, channels: 128, filters: 128, side: 28 },
  { kernel: 3, channels: 256, filters: 256, side: 14 },
  { kernel: 3, channels: 512, filters: 512, side: 7 },
  { kernel: 1, channels: 64, filters: 256, side: 56 },
  { kernel: 1, channels: 256, filters: 64, side: 56 },
  { kernel: 1, channels: 1024, filters: 256, side: 14 },
  { kernel: 1, channels: 512, filters: 2048, side: 7 },
  { kernel: 3, channels: 96, filters: 96, side: 112, groups: 96 },
  { kernel: 5, channels: 240, filters: 240, side: 28, groups: 240 },
];

/** Products of matrices and convolutions. `macs`: multiply-accumulates. `isSmall`: for a processor that plays the GPU. */
export const opCases = (isSmall) =>
  isSmall
    ? [matmulCase(64), convCase({ ...CONVOLUTIONS[0], channels: 8, filters: 8, side: 8 }, 1)]
    : [...MATMULS.map(matmulCase), ...CONVOLUTIONS.flatMap((row) => BATCHES.map((batch) => convCase(row, batch)))];

function matmulCase(n) {
  return { key: `matmul ${n} f32`, kind: "matmul", x: [n, n], weight: [n, n], macs: n ** 3 };
}

function convCase({ kernel, channels, filters, side, stride = 1, groups = 1 }, batch) {
  const what = groups === 1 ? `conv2d ${kernel}×${kernel} ${channels}→${filters}` : `depthwise ${kernel}×${kernel} ${channels}`;
  const outSide = Math.ceil(side / stride);
  return {
    key: `${what} at ${side}²${stride === 1 ? "" : ` stride ${stride}`} batch ${batch} f32`,
    kind: "conv2d",
    x: [batch, channels, side, side],
    weight: [filters, channels / groups, kernel, kernel],
    attrs: { stride, padding: (kernel - 1) / 2, groups },
    macs: batch * filters * outSide ** 2 * (channels / groups) * kernel ** 2,
  };
}
