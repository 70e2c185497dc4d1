import type { PathNode } from "../../layer-path";
import type { Tensor } from "../../tensor";
import { Module } from "../module";

/** Something that turns one tensor into another: a layer or a function. */
export type Step = Module | ((x: Tensor) => Tensor);

/** Runs `steps` one after the other and frees each result once the next is there (unless the tape needs it). */
export function chain(x: Tensor, ...steps: readonly Step[]): Tensor {
  let value = x;
  for (const step of steps) {
    const next = typeof step === "function" ? step(value) : step.forward(value);
    if (value !== x && next !== value) value.dispose();
    value = next;
  }
  return value;
}

/** Layers run in order, named "0", "1", … (an array) or by the keys of an object. */
export class Sequential extends Module {
  readonly #layers: readonly (readonly [string, Module])[];

  constructor(layers: readonly Module[] | Readonly<Record<string, Module>>) {
    super();
    this.#layers = Object.entries(layers);
  }

  forward(x: Tensor): Tensor {
    return chain(x, ...this.layers);
  }

  get layers(): Module[] {
    return this.#layers.map(([, layer]) => layer);
  }

  override namedChildren(): [string, Module<unknown>][] {
    return this.#layers.map(([name, layer]) => [name, layer]);
  }

  override childName(child: PathNode): string | undefined {
    return this.#layers.find(([, layer]) => layer === child)?.[0];
  }
}
