import { ArgumentError } from "../errors";
import { type Padding4, toPadding4 } from "../ops/conv2d";
import { resample2d } from "../ops/resample2d";
import { type Pair, toPair } from "../shape";
import type { Tensor } from "../tensor";
import { averageWindows, poolingAxes } from "./pooling-windows";

export interface AvgPool2dOptions {
  readonly kernel: Pair;
  /** Default: `kernel`. */
  readonly stride?: Pair;
  /** One number, `[height, width]` or `[top, bottom, left, right]`; at most half of the kernel. Default: 0. */
  readonly padding?: Pair | Padding4;
  /** Rounds the output size up. Default: false. */
  readonly ceilMode?: boolean;
  /** Divides by the window clipped to the padded input (true, PyTorch's default) or to the input (Keras, Inception v4). */
  readonly countIncludePad?: boolean;
  /** Divides by this number instead. */
  readonly divisorOverride?: number | null;
}

/**
 * 2-D average pooling: the sum of each window, padding counting as 0, over a divisor. x [N, C, H, W] → [N, C, Ho, Wo].
 * @throws ShapeError if x isn't 4-D or no window fits, ArgumentError for a divisor of 0.
 */
export function avgPool2d(x: Tensor, options: AvgPool2dOptions): Tensor {
  const { kernel, stride = kernel, padding = 0, ceilMode = false, countIncludePad = true } = options;
  const divisor = options.divisorOverride ?? undefined;
  if (divisor === 0) throw new ArgumentError("avgPool2d", { rule: "divisorOverride must not be 0", got: "0" });
  const pooling = {
    kernel: toPair(kernel),
    stride: toPair(stride),
    padding: toPadding4(padding),
    dilation: [1, 1],
    ceilMode,
  } as const;
  const [rows, columns] = poolingAxes("avgPool2d", x.shape, pooling);
  // The divisor of a window is the product of its two sides, so both axes take their own part.
  return resample2d(
    x,
    averageWindows("avgPool2d", rows, countIncludePad, divisor),
    averageWindows("avgPool2d", columns, countIncludePad, divisor && 1),
  );
}
