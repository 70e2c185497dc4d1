import { ShapeError } from "../errors";
import { maxPool2dWindows } from "../ops/maxPool2d";
import { resample2d } from "../ops/resample2d";
import { sizeAt } from "../shape";
import type { Tensor } from "../tensor";
import { mean } from "./mean";
import { adaptiveAverageWindows, adaptiveWindows, requirePooledMap } from "./pooling-windows";

/** Output size of an adaptive pooling: one number for both axes, or height and width; null keeps the input's. */
export type AdaptiveSize = number | readonly [height: number | null, width: number | null];

/**
 * Average pooling to `size` whatever x's size is: output i averages inputs ⌊i · H / Ho⌋ to ⌈(i + 1) · H / Ho⌉ − 1.
 * x [N, C, H, W] → [N, C, ...size]. @throws ShapeError if x isn't 4-D.
 */
export function adaptiveAvgPool2d(x: Tensor, size: AdaptiveSize): Tensor {
  const [height, width] = outputSize("adaptiveAvgPool2d", x, size);
  if (height === 1 && width === 1) return mean(x, { axes: [2, 3], keepDims: true });
  return resample2d(x, adaptiveAverageWindows(sizeAt(x.shape, 2), height), adaptiveAverageWindows(sizeAt(x.shape, 3), width));
}

/** Max pooling to `size`, over the windows of `adaptiveAvgPool2d`. x [N, C, H, W] → [N, C, ...size]. @throws ShapeError */
export function adaptiveMaxPool2d(x: Tensor, size: AdaptiveSize): Tensor {
  const { y, indices } = adaptiveMaxPool2dWithIndices(x, size);
  indices.dispose();
  return y;
}

/** As `adaptiveMaxPool2d`, with where each value stood in its plane: indices i32, h · W + w. */
export function adaptiveMaxPool2dWithIndices(x: Tensor, size: AdaptiveSize): { y: Tensor; indices: Tensor } {
  const [height, width] = outputSize("adaptiveMaxPool2d", x, size);
  return maxPool2dWindows(x, adaptiveWindows(sizeAt(x.shape, 2), height), adaptiveWindows(sizeAt(x.shape, 3), width));
}

function outputSize(op: string, x: Tensor, size: AdaptiveSize): [number, number] {
  requirePooledMap(op, x.shape);
  const [height, width] = typeof size === "number" ? [size, size] : size;
  const wanted: [number, number] = [height ?? sizeAt(x.shape, 2), width ?? sizeAt(x.shape, 3)];
  if (wanted.every((value) => Number.isInteger(value) && value >= 0)) return wanted;
  throw new ShapeError(op, { rule: "size must be integers ≥ 0", got: `${size}` });
}
