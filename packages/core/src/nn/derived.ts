import { noGrad } from "../autograd";
import { untrackLeak } from "../leaks";
import { unscoped } from "../scope";
import type { Storage } from "../storage";
import type { Tensor } from "../tensor";

/** Tensors that a module or a parameter keeps because what they are made of seldom changes. */
interface Derived {
  readonly sources: readonly { readonly storage: Storage; readonly version: number }[];
  readonly tensors: readonly Tensor[];
}

const kept = new WeakMap<object, Derived>();

/**
 * What `make` makes of `sources`, kept for `of` until one of them is overwritten or another tensor. Nothing of it carries a
 * gradient. Its owner frees the result by `dropDerived`.
 */
export function derived<T extends readonly Tensor[]>(of: object, sources: readonly Tensor[], make: () => T): T {
  const known = kept.get(of);
  if (known && isCurrent(known, sources)) return known.tensors as T;
  dropDerived(of);
  const tensors = unscoped(() => noGrad(make));
  for (const tensor of tensors) untrackLeak(tensor);
  kept.set(of, { sources: sources.map(({ storage }) => ({ storage, version: storage.version })), tensors });
  return tensors;
}

/** Frees what `derived` kept for `of`. */
export function dropDerived(of: object): void {
  for (const tensor of kept.get(of)?.tensors ?? []) tensor.dispose();
  kept.delete(of);
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
