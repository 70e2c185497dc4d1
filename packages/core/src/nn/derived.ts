import { noGrad } from "../autograd";
import { untrackLeak } from "../leaks";
import { unscoped } from "../scope";
import type { Storage } from "../storage";
import type { Tensor } from "../tensor";

/** Tensors that a module keeps because what they are made of seldom changes. */
interface Derived {
  readonly sources: readonly { readonly storage: Storage; readonly version: number }[];
  readonly tensors: readonly Tensor[];
}

const kept = new WeakMap<object, Derived>();

/**
 * What `make` makes of `sources`, kept for the module until one of them is overwritten or another tensor. Nothing of it carries a
 * gradient. The module owns the result: `dropDerived` frees it.
 */
export function derived<T extends readonly Tensor[]>(module: object, sources: readonly Tensor[], make: () => T): T {
  const known = kept.get(module);
  if (known && isCurrent(known, sources)) return known.tensors as T;
  dropDerived(module);
  const tensors = unscoped(() => noGrad(make));
  for (const tensor of tensors) untrackLeak(tensor);
  kept.set(module, { sources: sources.map(({ storage }) => ({ storage, version: storage.version })), tensors });
  return tensors;
}

/** Frees what `derived` kept for the module. */
export function dropDerived(module: object): void {
  for (const tensor of kept.get(module)?.tensors ?? []) tensor.dispose();
  kept.delete(module);
}

function isCurrent(known: Derived, sources: readonly Tensor[]): boolean {
  if (known.sources.length !== sources.length) return false;
  for (let i = 0; i < sources.length; i++) {
    const storage = (sources[i] as Tensor).storage;
    const source = known.sources[i];
    if (source?.storage !== storage || source.version !== storage.version) return false;
  }
  return true;
}
