import { type Device, type DType, type Shape, type Tensor, tensor } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { openReference } from "@vertebra/parity";
import { expect } from "vitest";

/** An argument with its values. */
export interface Argument {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly values: ArrayLike<number>;
}

/** One dtype of each size of element. */
export const SIZES: readonly DType[] = ["f32", "f16", "u8"];

/** Numbers that every dtype holds exactly and that differ from their neighbours. */
export const numbered = (shape: Shape, dtype: DType): Argument => ({
  shape,
  dtype,
  values: Float32Array.from({ length: product(shape) }, (_, i) => (i % 251) + 1),
});

export const indicesBelow = (size: number, shape: Shape): Argument => ({
  shape,
  dtype: "i32",
  values: Float32Array.from({ length: product(shape) }, (_, i) => (i * 7919 + (i >> 3)) % size),
});

/** Expects just what the f64 reference gives for the same arguments. */
export async function expectAsReference(
  device: Device,
  inputs: readonly Argument[],
  compute: (...inputs: Tensor[]) => Tensor,
): Promise<void> {
  const on = (where: Device) =>
    compute(...inputs.map(({ values, ...spec }) => tensor(values, { ...spec, device: where }))).data();
  const [actual, expected] = await Promise.all([on(device), on(openReference())]);
  expect(actual).toEqual(expected);
}
