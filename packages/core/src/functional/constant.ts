import type { Device } from "../backend";
import type { DType } from "../dtype";
import { untrackLeak } from "../leaks";
import { fill } from "../ops/fill";
import { unscoped } from "../scope";
import type { Tensor } from "../tensor";

const KEPT = 256;
const constants = new WeakMap<Device, Map<string, Tensor>>();

/** A scalar of `like`'s dtype and device. Those used most are kept, so that `mul(x, 2)` makes nothing new. */
export function constant(value: number, like: { readonly device: Device; readonly dtype: DType }): Tensor {
  const { device, dtype } = like;
  const known = constants.get(device) ?? new Map<string, Tensor>();
  constants.set(device, known);
  const key = `${dtype} ${Object.is(value, -0) ? "-0" : value}`;
  const found = known.get(key);
  if (found) return found;
  if (known.size >= KEPT) return fill({ shape: [], dtype, value }, device);
  const created = unscoped(() => fill({ shape: [], dtype, value }, device));
  untrackLeak(created);
  known.set(key, created);
  return created;
}
