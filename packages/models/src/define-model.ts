import { type Device, withDevice } from "@vertebra/core";
import type { Classifier } from "./classifier";
import type { Preprocessing } from "./preprocessing";

/** Options every model takes. */
export interface ModelOptions {
  /** Classes to tell apart. Default: the published weights'. */
  readonly numClasses?: number;
  /** Channels of the images. Default: the published weights'. */
  readonly inChannels?: number;
  /** False: no pooling and no classifier; the output is the last feature map. Default: true. */
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
  (options?: Options): Model;
  readonly facts: ModelFacts;
}

/** A model's factory from its facts and its constructor, which runs with `options.device` as the current device. */
export function defineModel<Options extends ModelOptions, Model extends Classifier>(
  facts: ModelFacts,
  build: (options: Options) => Model,
): ModelFactory<Options, Model> {
  const create = (options: Options = {} as Options): Model => {
    const model = withDevice(options.device, () => build(options));
    model.checkpointing = options.checkpointing ?? false;
    return model;
  };
  return Object.assign(create, { facts });
}
