import {
  ConvNormAct,
  type ConvNormActOptions,
  LocalResponseNorm,
  type LocalResponseNormOptions,
  type Module,
} from "@vertebra/core";
import { type ActivationName, makeActivation } from "./blocks/activation";
import { BasicBlock } from "./blocks/basic-block";
import { BasicConv2d, type BasicConv2dOptions } from "./blocks/basic-conv2d";
import { Bottleneck } from "./blocks/bottleneck";
import { DenseBlock } from "./blocks/dense-block";
import { DenseLayer } from "./blocks/dense-layer";
import { Inception } from "./blocks/inception";
import { InceptionA } from "./blocks/inception-a";
import { InceptionAux } from "./blocks/inception-aux";
import { InceptionB } from "./blocks/inception-b";
import { InceptionC } from "./blocks/inception-c";
import { InceptionD } from "./blocks/inception-d";
import { InceptionE } from "./blocks/inception-e";
import { InceptionV3Aux } from "./blocks/inception-v3-aux";
import { KerasResNeXtBlock, kerasResNeXtStack } from "./blocks/keras-resnext";
import { MBConv } from "./blocks/mb-conv";
import { PreActBasicBlock } from "./blocks/pre-act-basic-block";
import { PreActBottleneck } from "./blocks/pre-act-bottleneck";
import { Residual, resnetBlock } from "./blocks/residual";
import { SqueezeExcitation } from "./blocks/squeeze-excitation";
import { Subsampling } from "./blocks/subsampling";
import { Transition } from "./blocks/transition";
import { type AnyOptionNames, type OptionNames, requireOptions } from "./option-names";

/** Builds a block from its options as JSON gives them. */
export interface BlockFactory {
  /** @throws ArgumentError for options that the block doesn't have, or lacks; the block checks their values. */
  (options: Readonly<Record<string, unknown>>): Module;
  readonly options: AnyOptionNames;
}

/** JSON ends the types here. */
const define = <Options>(name: string, options: OptionNames<Options>, make: (options: Options) => Module): BlockFactory => {
  const create = (given: Readonly<Record<string, unknown>>): Module => {
    requireOptions(name, options as AnyOptionNames, given);
    return make(given as unknown as Options);
  };
  return Object.assign(create, { options: options as AnyOptionNames });
};

const fromClass = <Options>(Block: new (options: Options) => Module, options: OptionNames<Options>): BlockFactory =>
  // Bundlers set an underscore in front of a class that names itself.
  define(Block.name.replace(/^_/, ""), options, (given) => new Block(given));

const [required, optional] = ["required", "optional"] as const;

const CHANNELS = { inChannels: required, outChannels: required } as const;
const RESIDUAL = {
  inChannels: required,
  channels: required,
  stride: optional,
  shortcut: optional,
  downsample: optional,
  convBias: optional,
  zeroInitResidual: optional,
} as const;
const BOTTLENECK = { ...RESIDUAL, groups: optional, widthPerGroup: optional, strideOnConv1: optional } as const;
const DENSE_LAYER = {
  inChannels: required,
  growthRate: required,
  bnSize: optional,
  dropRate: optional,
  memoryEfficient: optional,
  bias: optional,
} as const;
const CONV = {
  ...CHANNELS,
  kernel: required,
  stride: optional,
  padding: optional,
  dilation: optional,
  groups: optional,
  paddingMode: optional,
} as const;

/** Initialisers are functions, which JSON hasn't. */
type Initialised = "weightInit" | "biasInit";

interface ConvNormActRow extends Omit<ConvNormActOptions, "activation" | Initialised> {
  readonly inChannels: number;
  readonly outChannels: number;
  /** By name; null for none. Default: "relu". */
  readonly activation?: ActivationName | null;
}

const makeConvNormAct = ({ inChannels, outChannels, activation = "relu", ...rest }: ConvNormActRow): Module =>
  new ConvNormAct(inChannels, outChannels, { ...rest, activation: activation && makeActivation(activation) });

/** Every public block by name, for command lines and golden rows. */
export const BLOCKS = {
  BasicBlock: fromClass(BasicBlock, RESIDUAL),
  BasicConv2d: fromClass<Omit<BasicConv2dOptions, Initialised>>(BasicConv2d, { ...CONV, eps: optional }),
  Bottleneck: fromClass(Bottleneck, BOTTLENECK),
  ConvNormAct: define("ConvNormAct", { ...CONV, norm: optional, activation: optional }, makeConvNormAct),
  DenseBlock: fromClass(DenseBlock, { ...DENSE_LAYER, layers: required }),
  DenseLayer: fromClass(DenseLayer, DENSE_LAYER),
  Inception: fromClass(Inception, {
    inChannels: required,
    ch1x1: required,
    ch3x3red: required,
    ch3x3: required,
    ch5x5red: required,
    ch5x5: required,
    poolProj: required,
    form: optional,
  }),
  InceptionA: fromClass(InceptionA, { inChannels: required, poolFeatures: required }),
  InceptionAux: fromClass(InceptionAux, { inChannels: required, numClasses: required, dropout: optional, form: optional }),
  InceptionB: fromClass(InceptionB, { inChannels: required }),
  InceptionC: fromClass(InceptionC, { inChannels: required, channels7x7: required }),
  InceptionD: fromClass(InceptionD, { inChannels: required }),
  InceptionE: fromClass(InceptionE, { inChannels: required }),
  InceptionV3Aux: fromClass(InceptionV3Aux, { inChannels: required, numClasses: required }),
  KerasResNeXtBlock: fromClass(KerasResNeXtBlock, {
    inChannels: required,
    filters: required,
    kernel: optional,
    stride: optional,
    groups: optional,
    convShortcut: optional,
  }),
  LocalResponseNorm: define(
    "LocalResponseNorm",
    { size: required, alpha: optional, beta: optional, k: optional },
    ({ size, ...rest }: LocalResponseNormOptions) => new LocalResponseNorm(size, rest),
  ),
  MBConv: fromClass(MBConv, {
    ...CHANNELS,
    kernel: optional,
    stride: optional,
    expandRatio: optional,
    stochasticDepth: optional,
    norm: optional,
    activation: optional,
    residual: optional,
  }),
  PreActBasicBlock: fromClass(PreActBasicBlock, RESIDUAL),
  PreActBottleneck: fromClass(PreActBottleneck, BOTTLENECK),
  Residual: fromClass(Residual, { ...CHANNELS, use1x1Conv: optional, stride: optional }),
  SqueezeExcitation: fromClass(SqueezeExcitation, {
    inChannels: required,
    squeezeChannels: required,
    activation: optional,
    gate: optional,
  }),
  Subsampling: fromClass(Subsampling, { channels: required }),
  Transition: fromClass(Transition, { ...CHANNELS, padding: optional, bias: optional }),
  kerasResNeXtStack: define(
    "kerasResNeXtStack",
    { inChannels: required, filters: required, blocks: required, stride1: optional, groups: optional },
    kerasResNeXtStack,
  ),
  resnetBlock: define("resnetBlock", { ...CHANNELS, blocks: required, first: optional }, resnetBlock),
} as const satisfies Record<string, BlockFactory>;
