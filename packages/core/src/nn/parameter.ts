import { requireGrad } from "../autograd";
import type { Device } from "../backend";
import { currentDevice } from "../device";
import type { DType } from "../dtype";
import { Philox } from "../random";
import { unscoped } from "../scope";
import type { Shape } from "../shape";
import { Tensor } from "../tensor";
import type { Initializer } from "./init";

type Role = "parameter" | "buffer";

const roles = new WeakMap<Tensor, Role>();
let seed: number | bigint = 0;
let stream = 0;

/** Starts the random numbers of initial weights over: models built after it in the same order get the same weights everywhere. */
export function seedInit(value: number | bigint): void {
  seed = value;
  stream = 0;
}

/**
 * A trainable tensor of a Module. Each has a random stream of its own, numbered in order of creation; its values are made
 * on first use, so a checkpoint loaded before that costs no initialisation.
 */
export function parameter(shape: Shape, init: Initializer, device: Device = currentDevice()): Tensor {
  const [ownSeed, ownStream] = [seed, stream++];
  const spec = { shape, dtype: device.floatDtype };
  const created = unscoped(() => Tensor.lazy(spec, device, () => init(shape, new Philox(ownSeed, ownStream))));
  roles.set(created, "parameter");
  return requireGrad(created);
}

/** A tensor of a Module that is saved with it but not trained (running statistics). */
export function buffer(shape: Shape, value: number, dtype?: DType, device: Device = currentDevice()): Tensor {
  const spec = { shape, dtype: dtype ?? device.floatDtype };
  const created = unscoped(() =>
    Tensor.lazy(spec, device, () => new Float32Array(shape.reduce((n, size) => n * size, 1)).fill(value)),
  );
  roles.set(created, "buffer");
  return created;
}

export const roleOf = (value: Tensor): Role | undefined => roles.get(value);

/** Gives `to`, made for another device, the role of `from`. */
export function copyRole(from: Tensor, to: Tensor): void {
  const role = roles.get(from);
  if (role) roles.set(to, role);
  if (from.requiresGrad) requireGrad(to);
}
