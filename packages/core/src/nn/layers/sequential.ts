import { unknownName } from "../../errors";
import type { PathNode } from "../../layer-path";
import type { Tensor } from "../../tensor";
import { chain } from "../chain";
import { Module } from "../module";

/** Layers run in order, named "0", "1", … (an array) or by the keys of an object. */
export class Sequential extends Module {
  readonly #layers: [string, Module][];

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

  /** Puts `layer` in the place of the one named `name`, which isn't freed. @throws ArgumentError if there is none. */
  replace(name: string, layer: Module): void {
    const entry = this.#layers.find(([own]) => own === name);
    if (!entry)
      throw unknownName(
        "Sequential",
        "name",
        name,
        this.#layers.map(([own]) => own),
      );
    entry[1] = layer;
  }

  override namedChildren(): [string, Module<unknown>][] {
    return this.#layers.map(([name, layer]) => [name, layer]);
  }

  override childName(child: PathNode): string | undefined {
    return this.#layers.find(([, layer]) => layer === child)?.[0];
  }
}
