// Huang, Liu, van der Maaten, Weinberger: "Densely connected convolutional networks", CVPR 2017, figure 1.
import { chain, concat, Module, type Step, scoped, type Tensor } from "@vertebra/core";
import { DenseLayer, type DenseLayerOptions } from "./dense-layer";

export interface DenseBlockOptions extends DenseLayerOptions {
  /** Number of layers, each of which reads the input and the outputs of all before it. */
  readonly layers: number;
}

/**
 * Layers that each add `growthRate` channels to what they read; x [N, inChannels, H, W] →
 * [N, inChannels + layers · growthRate, H, W]. Children `denselayer1`, `denselayer2`, …
 */
export class DenseBlock extends Module {
  readonly #layers: readonly DenseLayer[];

  constructor({ layers, inChannels, ...options }: DenseBlockOptions) {
    super();
    const { growthRate } = options;
    this.#layers = Array.from(
      { length: layers },
      (_, i) => new DenseLayer({ ...options, inChannels: inChannels + i * growthRate }),
    );
  }

  forward(x: Tensor): Tensor {
    if (this.#layers[0]?.recomputes) return this.#forwardInParts(x);
    // Joined as they grow, features are copied as often as from parts, but never held twice; their gradients add up once a layer.
    return chain(x, ...this.#layers.map(grow));
  }

  override namedChildren(): [string, Module<unknown>][] {
    return this.#layers.map((layer, i) => [`denselayer${i + 1}`, layer]);
  }

  override get typeName(): string {
    return "_DenseBlock";
  }

  /** Keeps only the new features of each layer: memory linear in the number of layers, not quadratic. */
  #forwardInParts(x: Tensor): Tensor {
    let features: readonly [Tensor, ...Tensor[]] = [x];
    for (const layer of this.#layers) features = [...features, layer.forward(features)];
    return concat(features, 1);
  }
}

const grow =
  (layer: DenseLayer): Step =>
  (features) =>
    scoped(() => concat([features, layer.forward(features)], 1));
