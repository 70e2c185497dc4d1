// Products of matrices and convolutions, which every backend and the peer measure alike: a case's key says all of it.

/** ResNet-50's convolutions, without those that differ in channels alone. `side`: of the square input. */
export const RESNET50 = [
  { kernel: 3, channels: 64, filters: 64, side: 56 },
  { kernel: 1, channels: 256, filters: 64, side: 56 },
  { kernel: 1, channels: 64, filters: 256, side: 56 },
  { kernel: 3, channels: 128, filters: 128, side: 28 },
  { kernel: 3, channels: 256, filters: 256, side: 14 },
  { kernel: 3, channels: 512, filters: 512, side: 7 },
  { kernel: 1, channels: 1024, filters: 256, side: 14 },
  { kernel: 1, channels: 512, filters: 2048, side: 7 },
  { kernel: 3, channels: 256, filters: 256, side: 28, stride: 2 },
  { kernel: 1, channels: 512, filters: 1024, side: 28, stride: 2 },
  { kernel: 7, channels: 3, filters: 64, side: 224, stride: 2 },
];

/** For a processor that plays the GPU. */
export const shrunk = (row) => ({ ...row, channels: 8, filters: 8, side: 8 });

/** `macs`: multiply-accumulates. */
export const matmulCase = (n, precision) => ({
  key: `matmul ${n} ${precision}`,
  kind: "matmul",
  precision,
  x: [n, n],
  weight: [n, n],
  macs: n ** 3,
});

/** `kind`: conv2d, or its gradient by the input or the weight. */
export function convCase({ kernel, channels, filters, side, stride = 1, groups = 1 }, { kind, precision, batch }) {
  const what = groups === 1 ? `${kind} ${kernel}×${kernel} ${channels}→${filters}` : `depthwise ${kernel}×${kernel} ${channels}`;
  const outSide = Math.ceil(side / stride);
  return {
    key: `${what} at ${side}²${stride === 1 ? "" : ` stride ${stride}`} batch ${batch} ${precision}`,
    kind,
    precision,
    x: [batch, channels, side, side],
    weight: [filters, channels / groups, kernel, kernel],
    y: [batch, filters, outSide, outSide],
    attrs: { stride, padding: (kernel - 1) / 2, groups },
    macs: batch * filters * outSide ** 2 * (channels / groups) * kernel ** 2,
  };
}
