import type { Tensor } from "./tensor";

/** One call of an op, as `apply` saw it. The tensors live only as long as their scope: read them during the callback. */
export interface OpCall {
  readonly op: string;
  readonly attrs: unknown;
  /** Path of the innermost layer (`layer2.0.conv1`); empty outside a Module. */
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
