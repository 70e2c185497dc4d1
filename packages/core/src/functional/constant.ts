import type { Device } from "../backend";
import type { DType } from "../dtype";
import { untrackLeak } from "../leaks";
import { fill } from "../ops/fill";
import { unscoped } from "../scope";
import { type Tensor, tensor } from "../tensor";

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

const vectors = new WeakMap<Device, WeakMap<readonly number[], Map<DType, Tensor>>>();

/**
 * `values` as a tensor [values.length] of `like`'s dtype and device, made once for each array object and device and kept as long as
 * they are: for the numbers of a layer that are part of no checkpoint. Nobody frees it or writes into it.
 */
export function constantVector(values: readonly number[], like: { readonly device: Device; readonly dtype: DType }): Tensor {
  const { device, dtype } = like;
  const ofDevice = vectors.get(device) ?? new WeakMap<readonly number[], Map<DType, Tensor>>();
  vectors.set(device, ofDevice);
  const known = ofDevice.get(values) ?? new Map<DType, Tensor>();
  ofDevice.set(values, known);
  const found = known.get(dtype);
  if (found) return found;
  const created = unscoped(() => tensor([...values], { device, dtype }));
  untrackLeak(created);
  known.set(dtype, created);
  return created;
}
