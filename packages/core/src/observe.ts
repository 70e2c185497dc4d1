import { currentLayer, type PathNode } from "./layer-path";
import type { Tensor } from "./tensor";

/** One call of an op, as `apply` saw it. The tensors live only as long as their scope: read them during the callback. */
export interface OpCall {
  readonly op: string;
  readonly attrs: unknown;
  /** Path of the innermost layer (`layer2.0.conv1`), in backward of the one whose call it derives; empty outside a Module. */
  readonly layer: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Multiply-accumulates of matrix products and convolutions; 0 for everything else. */
  readonly macs: number;
}

export type Observer = (call: OpCall) => void;

const observers = new Set<Observer>();

/** Calls `observer` after every op that the synchronous `fn` runs. Summaries, profilers and validators hang on it. */
export function observe<T>(observer: Observer, fn: () => T): T {
  observers.add(observer);
  try {
    return fn();
  } finally {
    observers.delete(observer);
  }
}

export const isObserved = (): boolean => observers.size > 0;

export function notifyObservers(call: OpCall): void {
  for (const observer of observers) observer(call);
}

/** One call of a layer, as it returned. `output` lives only as long as its scope. */
export interface LayerCall {
  /** Path of the layer; empty for the model itself. */
  readonly layer: string;
  readonly module: PathNode;
  readonly output: unknown;
}

export type LayerObserver = (call: LayerCall) => void;

const layerObservers = new Set<LayerObserver>();

/** Calls `observer` after every Module call of the synchronous `fn`, inner layers first. */
export function observeLayers<T>(observer: LayerObserver, fn: () => T): T {
  layerObservers.add(observer);
  try {
    return fn();
  } finally {
    layerObservers.delete(observer);
  }
}

export function notifyLayerObservers(module: PathNode, output: unknown): void {
  if (layerObservers.size === 0) return;
  const layer = `${currentLayer()}`;
  for (const observer of layerObservers) observer({ layer, module, output });
}
