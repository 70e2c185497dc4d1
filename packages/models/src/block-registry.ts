import {
  ConvNormAct,
  type ConvNormActOptions,
  LocalResponseNorm,
  type LocalResponseNormOptions,
  type Module,
} from "@vertebra/core";
import { BasicBlock } from "./blocks/basic-block";
import { BasicConv2d } from "./blocks/basic-conv2d";
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

/** Builds a block from its options as JSON gives them; the block checks what it can. */
export type BlockFactory = (options: Readonly<Record<string, unknown>>) => Module;

/** JSON ends the types here. */
const fromClass =
  <Options>(Block: new (options: Options) => Module): BlockFactory =>
  (options) =>
    new Block(options as unknown as Options);

const fromFunction =
  <Options>(make: (options: Options) => Module): BlockFactory =>
  (options) =>
    make(options as unknown as Options);

type ConvNormActRow = ConvNormActOptions & { readonly inChannels: number; readonly outChannels: number };

/** Every public block by name, for command lines and golden rows. */
export const BLOCKS = {
  BasicBlock: fromClass(BasicBlock),
  BasicConv2d: fromClass(BasicConv2d),
  Bottleneck: fromClass(Bottleneck),
  ConvNormAct: fromFunction(
    ({ inChannels, outChannels, ...rest }: ConvNormActRow) => new ConvNormAct(inChannels, outChannels, rest),
  ),
  DenseBlock: fromClass(DenseBlock),
  DenseLayer: fromClass(DenseLayer),
  Inception: fromClass(Inception),
  InceptionA: fromClass(InceptionA),
  InceptionAux: fromClass(InceptionAux),
  InceptionB: fromClass(InceptionB),
  InceptionC: fromClass(InceptionC),
  InceptionD: fromClass(InceptionD),
  InceptionE: fromClass(InceptionE),
  InceptionV3Aux: fromClass(InceptionV3Aux),
  KerasResNeXtBlock: fromClass(KerasResNeXtBlock),
  LocalResponseNorm: fromFunction(({ size, ...rest }: LocalResponseNormOptions) => new LocalResponseNorm(size, rest)),
  MBConv: fromClass(MBConv),
  PreActBasicBlock: fromClass(PreActBasicBlock),
  PreActBottleneck: fromClass(PreActBottleneck),
  Residual: fromClass(Residual),
  SqueezeExcitation: fromClass(SqueezeExcitation),
  Subsampling: fromClass(Subsampling),
  Transition: fromClass(Transition),
  kerasResNeXtStack: fromFunction(kerasResNeXtStack),
  resnetBlock: fromFunction(resnetBlock),
} as const satisfies Record<string, BlockFactory>;
