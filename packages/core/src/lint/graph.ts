import type { Storage } from "../storage";
import type { Trace, TracedCall, TracedTensor } from "./trace";

/** Who made and who reads each value of a trace. Calls that only reshape don't count: they share their input's value. */
export class Graph {
  readonly #makers = new Map<Storage, TracedCall[]>();
  readonly #readers = new Map<Storage, TracedCall[]>();
  readonly #parameters: ReadonlySet<Storage>;
  readonly #outputs: ReadonlySet<Storage>;

  constructor(readonly trace: Trace) {
    this.#parameters = new Set(trace.parameters.map(({ storage }) => storage));
    this.#outputs = new Set(trace.outputs.map(({ storage }) => storage));
    for (const call of trace.calls.filter(({ isAlias }) => !isAlias)) {
      for (const storage of storagesOf(call.outputs)) append(this.#makers, storage, call);
      for (const storage of storagesOf(call.inputs)) append(this.#readers, storage, call);
    }
  }

  makersOf = ({ storage }: TracedTensor): readonly TracedCall[] => this.#makers.get(storage) ?? [];
  readersOf = ({ storage }: TracedTensor): readonly TracedCall[] => this.#readers.get(storage) ?? [];
  isParameter = ({ storage }: TracedTensor): boolean => this.#parameters.has(storage);
  isOutput = ({ storage }: TracedTensor): boolean => this.#outputs.has(storage);

  /** Path of the last layer that a value went through; empty for the input. */
  layerBefore = (value: TracedTensor): string => {
    const { calls } = this.upstreamOf([value]);
    const inLayers = this.trace.calls.filter((call) => call.layer !== "" && calls.has(call));
    return inLayers.at(-1)?.layer ?? "";
  };

  /** The calls and values that `ends` were made from, themselves included. */
  upstreamOf = (ends: readonly TracedTensor[]): Upstream => {
    const values = new Set<Storage>();
    const calls = new Set<TracedCall>();
    const queue = [...ends];
    for (let value = queue.pop(); value; value = queue.pop()) {
      if (values.has(value.storage)) continue;
      values.add(value.storage);
      for (const call of this.makersOf(value)) {
        calls.add(call);
        queue.push(...call.inputs);
      }
    }
    return { calls, values };
  };
}

export interface Upstream {
  readonly calls: ReadonlySet<TracedCall>;
  readonly values: ReadonlySet<Storage>;
}

const storagesOf = (tensors: readonly TracedTensor[]): ReadonlySet<Storage> => new Set(tensors.map(({ storage }) => storage));

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
