import {
  ArgumentError,
  asLayer,
  dropout,
  type KeyTable,
  Linear,
  Module,
  Sequential,
  type Step,
  scoped,
  type Tensor,
  unknownName,
  withDevice,
} from "@vertebra/core";
import type { ModelFacts } from "./define-model";
import { FeaturePyramid } from "./feature-pyramid";
import { requireValues } from "./option-values";
import { type NamedSteps, runTapped, type TappedRun } from "./run-tapped";
import { checkpointUnits, recomputed, type Stage, type StageOptions } from "./stages";
import { KEY_TABLES } from "./weights/key-tables";

/** Logits of the classifier and of the auxiliary heads. */
export interface AuxOutput {
  readonly logits: Tensor;
  /** In the order of the network; empty at evaluation and for networks without. */
  readonly aux: readonly Tensor[];
}

/**
 * A backbone and its classifier: stages that turn an image into feature maps, and a head that turns the last of them into
 * logits. x [N, C, H, W] → logits [N, numClasses]; without the top the last feature map [N, channels, h, w], which AlexNet pools.
 */
export abstract class Classifier extends Module {
  /** Recomputes each block in backward instead of keeping its activations (`checkpoint`): memory for a third more time. */
  checkpointing = false;
  /** What is published about it; set where a factory built it. */
  facts: ModelFacts | undefined;

  /** From the image to the last feature map. */
  abstract stages(): readonly Stage[];

  /** From the last feature map to logits; without the top empty, or a pool that still belongs to the features. */
  abstract head(): readonly Step[];

  /** Names of the linear layers that give logits: the classifier's, then those of auxiliary heads. Empty without the top. */
  abstract classifierNames(): readonly string[];

  /** Names that torchvision's older files, timm, Keras and others have for the same weights. */
  override get keyTables(): readonly KeyTable[] {
    return KEY_TABLES;
  }

  /** Share of each auxiliary head's loss in the training loss. */
  get auxWeight(): number {
    return 0;
  }

  forward(x: Tensor): Tensor {
    return this.run(x, this.#whole()).output;
  }

  /** Logits, and in training those of the auxiliary heads too. */
  forwardAux(x: Tensor): AuxOutput {
    return { logits: this.forward(x), aux: [] };
  }

  /** criterion(logits) + auxWeight · Σ criterion(auxiliary logits): what the papers minimise. */
  trainingLoss(x: Tensor, criterion: (logits: Tensor) => Tensor): { readonly loss: Tensor; readonly logits: Tensor } {
    return scoped(() => {
      const { logits, aux } = this.forwardAux(x);
      const loss = aux.reduce((sum, one) => sum.add(criterion(one).mul(this.auxWeight)), criterion(logits));
      return { loss, logits };
    });
  }

  /** The output together with the feature maps of the wanted stages, in the network's order. */
  forwardIntermediates(x: Tensor, options: StageOptions = {}): { readonly output: Tensor; readonly intermediates: Tensor[] } {
    const wanted = this.pickStages(options);
    return asLayer(this, () =>
      scoped(() => {
        const { output, maps: intermediates } = this.run(x, this.#whole(), wanted);
        return { output, intermediates };
      }),
    );
  }

  /** The backbone alone: a module that gives the feature maps of the wanted stages, finest first, sharing these parameters. */
  features(options: StageOptions = {}): FeaturePyramid {
    return new FeaturePyramid(this, this.pickStages(options));
  }

  /** Classes of the logits; 0 without the top. */
  get numClasses(): number {
    const [name] = this.classifierNames();
    return name === undefined ? 0 : this.#linear(name).outFeatures;
  }

  /**
   * Replaces the last linear layer, and those of auxiliary heads, by new ones for `numClasses` classes: the start of
   * fine-tuning. The old ones are freed.
   * @throws ArgumentError without the top, or for less than one class.
   */
  resetClassifier(numClasses: number): this {
    requireValues("resetClassifier", { numClasses });
    const names = this.classifierNames();
    if (names.length === 0)
      throw new ArgumentError("resetClassifier", {
        rule: "the model must have a classifier",
        got: "one built with includeTop: false",
      });
    for (const name of names) {
      const old = this.#linear(name);
      const layer = withDevice(old.weight.device, () => new Linear(old.inFeatures, numClasses, { bias: old.bias !== null }));
      this.#replace(name, layer.train(old.isTraining) as Linear);
      old.dispose();
    }
    return this;
  }

  /** The steps to run for a stage: its own, or under `checkpointing` those that recompute themselves in backward. */
  stepsOf({ steps }: Stage): readonly Step[] {
    return this.checkpointing && this.isTraining ? checkpointUnits(steps).map(recomputed) : steps;
  }

  /**
   * Runs parts of the network and keeps the maps at the ends of the `wanted` ones.
   * @throws MapSizeError for images too small, with the size to use.
   */
  run(x: Tensor, parts: readonly NamedSteps[], wanted: readonly string[] = []): TappedRun {
    return runTapped(x, parts, { wanted, facts: this.facts });
  }

  /** Names of the stages wanted, in the network's order. @throws ArgumentError naming the nearest for an unknown one. */
  pickStages({ stages }: StageOptions): string[] {
    const known = this.stages().map(({ name }) => name);
    const unknown = stages?.find((name) => !known.includes(name));
    if (unknown !== undefined) throw unknownName("features", "stages", unknown, known);
    return known.filter((name) => stages?.includes(name) ?? true);
  }

  /** A step of the head that drops with probability p in training, for networks whose tree has no such layer. */
  protected headDropout(p: number): readonly Step[] {
    return p === 0 ? [] : [(x) => dropout(x, { p, training: this.isTraining })];
  }

  #whole(): NamedSteps[] {
    return [...this.stages().map((stage): NamedSteps => [stage.name, this.stepsOf(stage)]), ["", this.head()]];
  }

  #linear(name: string): Linear {
    const found = this.namedModules().find(([path]) => path === name)?.[1];
    if (found instanceof Linear) return found;
    throw new ArgumentError("resetClassifier", {
      rule: `${name} must be a linear layer`,
      got: `${found?.typeName ?? "nothing"}`,
    });
  }

  #replace(name: string, layer: Linear): void {
    const [path, last] = [name.split(".").slice(0, -1).join("."), name.split(".").at(-1) as string];
    const parent = this.namedModules().find(([own]) => own === path)?.[1];
    if (parent instanceof Sequential) parent.replace(last, layer);
    else (parent as unknown as Record<string, Module>)[last] = layer;
  }
}
