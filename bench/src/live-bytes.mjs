import { OPS } from "@vertebra/core";

/** Which values of a forward pass are needed at the same time, from core's observer. */
export class LiveValues {
  /** Per memory: its bytes, the call that made it and the last one that reads it. */
  #values = new Map();
  #calls = 0;

  add({ inputs, outputs }) {
    for (const { storage } of inputs) {
      const value = this.#values.get(storage);
      if (value) value.lastUse = this.#calls;
    }
    for (const { storage } of outputs) {
      if (!this.#values.has(storage))
        this.#values.set(storage, { bytes: storage.buffer.bytes, made: this.#calls, lastUse: this.#calls });
    }
    this.#calls++;
  }

  /** Largest sum of two values that live at one time: a call's inputs live until its output is there. */
  twoLargestBytes() {
    const values = [...this.#values.values()];
    const sums = Array.from({ length: this.#calls }, (_, call) => {
      const live = values.filter(({ made, lastUse }) => made <= call && call <= lastUse).map(({ bytes }) => bytes);
      const [first = 0, second = 0] = live.toSorted((a, b) => b - a);
      return first + second;
    });
    return Math.max(...sums);
  }
}

/** Bytes that the tape must keep for backward: what the ops' derivatives name, each memory once, parameters not counted. */
export class SavedBytes {
  #storages = new Set();

  /** @param {ReadonlySet<import("@vertebra/core").Tensor>} state parameters and buffers */
  add({ op, inputs, outputs }, state) {
    const known = OPS[op];
    if (!known?.vjp || !outputs[0].requiresGrad) return;
    const kept = new Set([...state].map(({ storage }) => storage));
    for (const name of savedNames(known, inputs)) {
      const index = known.inputs.indexOf(name);
      const { storage } = index >= 0 ? inputs[index] : outputs[known.outputs.indexOf(name)];
      if (!kept.has(storage)) this.#storages.add(storage);
    }
  }

  get bytes() {
    return [...this.#storages].reduce((sum, { buffer }) => sum + buffer.bytes, 0);
  }
}

function savedNames({ vjp, inputs: names }, inputs) {
  if (vjp.joint) return vjp.joint.saves;
  return inputs.flatMap((input, i) => (input.requiresGrad ? (vjp[names[Math.min(i, names.length - 1)]]?.saves ?? []) : []));
}
