import { type Padding4, toPadding4 } from "../ops/conv2d";
import { maxPool2dWindows } from "../ops/maxPool2d";
import { type Pair, toPair } from "../shape";
import type { Tensor } from "../tensor";
import { poolingAxes, poolingWindows } from "./pooling-windows";

export interface MaxPool2dOptions {
  readonly kernel: Pair;
  /** Default: `kernel`. */
  readonly stride?: Pair;
  /** One number, `[height, width]` or `[top, bottom, left, right]`; at most half of the kernel. Default: 0. */
  readonly padding?: Pair | Padding4;
  /** Default: 1. */
  readonly dilation?: Pair;
  /** Rounds the output size up; the last window must still start inside the input or its left padding. Default: false. */
  readonly ceilMode?: boolean;
}

/**
 * 2-D max pooling. x [N, C, H, W] → y [N, C, Ho, Wo], Ho = ⌊(H + 2 · padding − dilation · (kernel − 1) − 1) / stride⌋ + 1.
 * Padding counts as −∞; NaN wins. @throws ShapeError if x isn't 4-D or no window fits.
 */
export function maxPool2d(x: Tensor, options: MaxPool2dOptions): Tensor {
  const { y, indices } = maxPool2dWithIndices(x, options);
  indices.dispose();
  return y;
}

/** As `maxPool2d`, with where each value stood in its plane: indices i32 [N, C, Ho, Wo], h · W + w. */
export function maxPool2dWithIndices(x: Tensor, options: MaxPool2dOptions): { y: Tensor; indices: Tensor } {
  const { kernel, stride = kernel, padding = 0, dilation = 1, ceilMode = false } = options;
  const pooling = {
    kernel: toPair(kernel),
    stride: toPair(stride),
    padding: toPadding4(padding),
    dilation: toPair(dilation),
    ceilMode,
  };
  const [rows, columns] = poolingAxes("maxPool2d", x.shape, pooling);
  return maxPool2dWindows(x, poolingWindows("maxPool2d", rows), poolingWindows("maxPool2d", columns));
}
