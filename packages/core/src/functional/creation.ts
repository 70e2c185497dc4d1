import { currentDevice } from "../device";
import { fill } from "../ops/fill";
import type { Shape } from "../shape";
import type { Tensor, TensorOptions } from "../tensor";

/** A tensor of `shape` with every element `value`. */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  const device = options.device ?? currentDevice();
  return fill({ shape, value, dtype: options.dtype ?? device.floatDtype }, device);
}

/** A tensor of `shape` full of zeros. */
export const zeros = (shape: Shape, options: TensorOptions = {}): Tensor => full(shape, 0, options);

/** A tensor of `shape` full of ones. */
export const ones = (shape: Shape, options: TensorOptions = {}): Tensor => full(shape, 1, options);

/** Zeros in the shape, dtype and on the device of `x`. */
export const zerosLike = (x: Tensor): Tensor => zeros(x.shape, x);

/** Ones in the shape, dtype and on the device of `x`. */
export const onesLike = (x: Tensor): Tensor => ones(x.shape, x);
