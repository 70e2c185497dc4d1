import { type Device, type Module, withDevice } from "@vertebra/core";

/** Options every model takes. */
export interface ModelOptions {
  /** Classes to tell apart. Default: the published weights'. */
  readonly numClasses?: number;
  /** Channels of the images. Default: the published weights'. */
  readonly inChannels?: number;
  /** Where the model lives. Default: the current device. */
  readonly device?: Device;
}

/** What is published about a model, for its default options. */
export interface ModelFacts {
  /** torchvision's name; timm's where torchvision has none. */
  readonly name: string;
  /** Channels, height and width it was published for. */
  readonly inputShape: readonly [channels: number, height: number, width: number];
  readonly numClasses: number;
  readonly params: number;
  /** Multiply-accumulates of convolutions and linear layers for one image, biases not counted; in units of 10⁹, as torchvision lists them. */
  readonly gigaMacs: number;
  /** Paper or table the facts are from. */
  readonly source: string;
}

/** Builds a model; `facts` says what is known about it. */
export interface ModelFactory<Options extends ModelOptions = ModelOptions, Model extends Module = Module> {
  (options?: Options): Model;
  readonly facts: ModelFacts;
}

/** A model's factory from its facts and its constructor, which runs with `options.device` as the current device. */
export function defineModel<Options extends ModelOptions, Model extends Module>(
  facts: ModelFacts,
  build: (options: Options) => Model,
): ModelFactory<Options, Model> {
  const create = (options: Options = {} as Options): Model => withDevice(options.device, () => build(options));
  return Object.assign(create, { facts });
}
