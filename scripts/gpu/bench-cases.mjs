// What is measured, by key; a peer measures the same.

export const MATMULS = [512, 1024, 2048, 4096];
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

/** A product of matrices or a convolution. `macs`: multiply-accumulates. */
export const OPS = [...MATMULS.map(matmulCase), ...CONVOLUTIONS.flatMap((row) => BATCHES.map((batch) => convCase(row, batch)))];

/** Models with an image in and logits out. */
export const INFERENCE = ["resnet18", "resnet50"].flatMap((model) =>
  BATCHES.map((batch) => ({
    key: `${model} inference batch ${batch}`,
    kind: "inference",
    model,
    batch,
    shape: [batch, 3, 224, 224],
  })),
);

/** Steps of training, images and labels in, loss out. */
export const STEPS = [{ key: "lenet5 step batch 64", kind: "step", model: "lenet5", batch: 64, shape: [64, 1, 32, 32] }];

function matmulCase(n) {
  return { key: `matmul ${n}`, kind: "matmul", x: [n, n], weight: [n, n], macs: n ** 3 };
}

function convCase({ kernel, channels, filters, side, stride = 1, groups = 1 }, batch) {
  const what = groups === 1 ? `conv ${kernel}×${kernel} ${channels}→${filters}` : `depthwise ${kernel}×${kernel} ${channels}`;
  const outSide = Math.ceil(side / stride);
  return {
    key: `${what} at ${side}²${stride === 1 ? "" : ` stride ${stride}`} batch ${batch}`,
    kind: "conv2d",
    x: [batch, channels, side, side],
    weight: [filters, channels / groups, kernel, kernel],
    attrs: { stride, padding: (kernel - 1) / 2, groups },
    macs: batch * filters * outSide ** 2 * (channels / groups) * kernel ** 2,
  };
}
