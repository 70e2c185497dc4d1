import type { Device } from "../backend";
import { withDevice } from "../device";
import type { Module } from "../nn/module";
import { copyRole } from "../nn/parameter";
import { unscoped } from "../scope";
import { Tensor } from "../tensor";

/**
 * Runs the synchronous `fn` with every tensor of the model replaced by one of its shape and dtype on `device`, which is the
 * current device meanwhile, and puts the model's own back. A tensor held twice has one twin.
 */
export function onTwins<T>(model: Module<unknown>, device: Device, fn: () => T): T {
  const twins = new Map<Tensor, Tensor>();
  const places = model.namedModules().flatMap(([, module]) => tensorPlaces(module));
  try {
    for (const { owner, key, value } of places) {
      const twin = twins.get(value) ?? twinOf(value, device);
      twins.set(value, twin);
      owner[key] = twin;
    }
    return withDevice(device, fn);
  } finally {
    for (const { owner, key, value } of places) owner[key] = value;
    for (const twin of twins.values()) twin.dispose();
  }
}

interface Place {
  readonly owner: Record<string, unknown>;
  readonly key: string;
  readonly value: Tensor;
}

function tensorPlaces(module: Module<unknown>): Place[] {
  const owner = module as unknown as Record<string, unknown>;
  return Object.entries(owner).flatMap(([key, value]) => (value instanceof Tensor ? [{ owner, key, value }] : []));
}

function twinOf(value: Tensor, device: Device): Tensor {
  const twin = unscoped(() => Tensor.lazy(value, device, () => new Float32Array()));
  copyRole(value, twin);
  return twin;
}
