import { backward, type Device, Philox, requireGrad, Scope, type Tensor, tensor } from "@vertebra/core";
import { findAdapter } from "../adapter";
import { requestDevice } from "../capabilities";
import { deviceOn } from "../device";

/** A device like the one that tests open, but for bindings of so many bytes. */
export async function openDivided(bytes: number): Promise<Device> {
  const found = await findAdapter({ adapter: process.env.WEBGPU_ADAPTER ?? "swiftshader" });
  const capabilities = await requestDevice(found);
  return deviceOn(found, { ...capabilities, limits: { ...capabilities.limits, maxStorageBufferBindingSize: bytes } });
}

export const normal = (shape: readonly number[], device: Device, stream: number): Tensor =>
  tensor(new Philox(3, stream).normalArray(shape.reduce((count, size) => count * size, 1)), { shape, device });

/** What a function of tensors gives, which are freed behind it. */
export async function evaluate(device: Device, fn: (device: Device) => Tensor | readonly Tensor[]): Promise<ArrayLike<number>[]> {
  const scope = new Scope(undefined);
  try {
    return await Promise.all([scope.run(() => fn(device))].flat().map((one) => one.data()));
  } finally {
    scope.end();
  }
}

/** The result and the gradients by all arguments, which have these shapes. */
export function gradients(
  device: Device,
  shapes: readonly (readonly number[])[],
  fn: (...inputs: readonly Tensor[]) => Tensor,
): Tensor[] {
  const inputs = shapes.map((shape, i) => requireGrad(normal(shape, device, i)));
  const y = fn(...inputs);
  const grads = backward(y, { dy: normal(y.shape, device, 9) });
  return [y, ...inputs.map((input) => grads.get(input) as Tensor)];
}

/** The largest error, relative to what it is an error of or to the root mean square of all. */
export function farthest(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  const size = Math.sqrt(Array.from(expected).reduce((total, value) => total + value * value, 0) / expected.length);
  const errors = Array.from(expected, (value, i) => Math.abs(value - (actual[i] as number)) / Math.max(size, Math.abs(value)));
  return errors.reduce((worst, error) => Math.max(worst, error), 0);
}
