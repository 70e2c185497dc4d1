import { type Device, withDevice } from "@vertebra/core";
import type { Classifier } from "./classifier";
import { type AnyOptionNames, type OptionNames, requireOptions } from "./option-names";
import type { Preprocessing } from "./preprocessing";

/** Options every model takes. */
export interface ModelOptions {
  /** Classes to tell apart. Default: the published weights'. */
  readonly numClasses?: number;
  /** Channels of the images. Default: the published weights'. */
  readonly inChannels?: number;
  /** False: no global pooling and no classifier; the output is the last feature map. Default: true. */
  readonly includeTop?: boolean;
  /** Probability of dropping an input of the classifier in training. Default: the paper's. */
  readonly dropout?: number;
  /** Recomputes activations in backward instead of keeping them: memory for time. Default: false. */
  readonly checkpointing?: boolean;
  /** Where the model lives. Default: the current device. */
  readonly device?: Device;
}

/** What is published about a model, for its default options. */
export interface ModelFacts {
  /** torchvision's name; timm's where torchvision has none. */
  readonly name: string;
  /** The page of its family in `docs/backbones`. */
  readonly family: ModelFamily;
  /** Channels, height and width it was published for. */
  readonly inputShape: readonly [channels: number, height: number, width: number];
  /** Side of the smallest square images worth a test: every map has a pixel left, and a classifier of fixed size its own. */
  readonly smallSide: number;
  readonly numClasses: number;
  readonly params: number;
  /** Multiply-accumulates of convolutions and linear layers for one image, biases not counted; in units of 10⁹, as torchvision lists them. */
  readonly gigaMacs: number;
  /** Paper or table the facts are from. */
  readonly source: string;
  /** Of the published weights, if there are any. */
  readonly weights?: WeightsFacts;
}

export type ModelFamily = "lenet" | "alexnet" | "vgg" | "inception" | "resnet" | "densenet" | "efficientnet";

/** What is published about weights trained on ImageNet-1k. */
export interface WeightsFacts {
  /** Top-1 accuracy on ImageNet's validation set, in percent. */
  readonly top1: number;
  /** What the images must go through to get it. */
  readonly preprocessing: Preprocessing;
  /** Table the accuracy is from, with the weights' name there. */
  readonly source: string;
}

/** Builds a model; `facts` says what is known about it. */
export interface ModelFactory<Options extends ModelOptions = ModelOptions, Model extends Classifier = Classifier> {
  /** @throws ArgumentError for options that the model doesn't have, naming the nearest. */
  (options?: Options): Model;
  readonly facts: ModelFacts;
}

const EVERY_MODEL: OptionNames<ModelOptions> = {
  numClasses: "optional",
  inChannels: "optional",
  includeTop: "optional",
  dropout: "optional",
  checkpointing: "optional",
  device: "optional",
};

/** Values that leave something out: models that don't have it take them too, so that one set of options builds many models. */
const LEFT_OUT: Readonly<Record<string, unknown>> = {
  auxLogits: false,
  auxDropout: 0,
  transformInput: false,
  stochasticDepth: 0,
  dropRate: 0,
  memoryEfficient: false,
};

/** The options that a family has besides those of every model. */
export type OwnOptionNames<Options> = OptionNames<Omit<Options, keyof ModelOptions>>;

/**
 * A model's factory from its facts and its constructor, which runs with `options.device` as the current device. `own` names the
 * options of its family, if there are any: others are refused.
 */
export function defineModel<Options extends ModelOptions, Model extends Classifier>(
  facts: ModelFacts,
  build: (options: Options) => Model,
  ...[own]: keyof Options extends keyof ModelOptions ? [] : [own: OwnOptionNames<Options>]
): ModelFactory<Options, Model> {
  const names: AnyOptionNames = { ...EVERY_MODEL, ...own };
  const create = (options: Options = {} as Options): Model => {
    const asked = Object.entries(options).filter(([name, value]) => Object.hasOwn(names, name) || LEFT_OUT[name] !== value);
    requireOptions(facts.name, names, Object.fromEntries(asked));
    const model = withDevice(options.device, () => build(options));
    model.facts = facts;
    model.checkpointing = options.checkpointing ?? false;
    return model;
  };
  return Object.assign(create, { facts });
}
