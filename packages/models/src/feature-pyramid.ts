import { Module, type Tensor } from "@vertebra/core";
import type { Classifier } from "./classifier";
import { type Stage, treeLayers } from "./stages";

/**
 * Feature maps of a backbone at several resolutions, for detection and segmentation: x [N, C, H, W] → one [N, channels[i],
 * H / strides[i], W / strides[i]] per stage, finest first. Shares the model's parameters under their own names and leaves out
 * those of later stages and of the head.
 */
export class FeaturePyramid extends Module<Tensor[]> {
  readonly #model: Classifier;
  readonly #names: ReadonlySet<string>;

  constructor(model: Classifier, names: readonly string[]) {
    super();
    this.#model = model;
    this.#names = new Set(names);
  }

  /** Names of the stages, in order. */
  get stages(): string[] {
    return this.#wanted().map(({ name }) => name);
  }

  /** Channels by stage. */
  get channels(): number[] {
    return this.#wanted().map(({ channels }) => channels);
  }

  /** Side of the image by side of the map, by stage. */
  get strides(): number[] {
    return this.#wanted().map(({ stride }) => stride);
  }

  forward(x: Tensor): Tensor[] {
    const parts = this.#used().map((stage) => [stage.name, this.#model.stepsOf(stage)] as const);
    return this.#model.run(x, parts, this.stages).maps;
  }

  override get typeName(): string {
    return `${this.#model.typeName}Features`;
  }

  override namedChildren(): [string, Module<unknown>][] {
    const named = this.#model.namedModules();
    const tree = new Set(named.map(([, module]) => module));
    const used = new Set(this.#used().flatMap(({ steps }) => treeLayers(steps, tree)));
    // Stages may be slices of one long sequence: then its layers are the children, by their paths.
    return named.filter(([, module]) => used.has(module));
  }

  /** Stages up to the last one wanted. */
  #used(): readonly Stage[] {
    const all = this.#model.stages();
    return all.slice(0, all.findLastIndex(({ name }) => this.#names.has(name)) + 1);
  }

  #wanted(): readonly Stage[] {
    return this.#model.stages().filter(({ name }) => this.#names.has(name));
  }
}
