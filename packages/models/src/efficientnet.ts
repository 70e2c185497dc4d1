// Tan, Le: "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019; in the form of torchvision.
import {
  AdaptiveAvgPool2d,
  type BatchNorm2dOptions,
  ConvNormAct,
  Dropout,
  flatten,
  kaimingNormal,
  Linear,
  Sequential,
  type Step,
  uniformInit,
  zerosInit,
} from "@vertebra/core";
import { type ActivationName, makeActivation } from "./blocks/activation";
import { makeDivisible } from "./blocks/make-divisible";
import { MBConv } from "./blocks/mb-conv";
import { Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import { IMAGENET_PREPROCESSING } from "./preprocessing";
import type { Stage } from "./stages";

/** One row of table 1, EfficientNet-B0: a stage's blocks before scaling. */
interface StageRow {
  readonly expandRatio: number;
  readonly kernel: number;
  /** Of the first block. */
  readonly stride: number;
  readonly channels: number;
  readonly layers: number;
}

const STEM_CHANNELS = 32;

const B0: readonly StageRow[] = [
  { expandRatio: 1, kernel: 3, stride: 1, channels: 16, layers: 1 },
  { expandRatio: 6, kernel: 3, stride: 2, channels: 24, layers: 2 },
  { expandRatio: 6, kernel: 5, stride: 2, channels: 40, layers: 2 },
  { expandRatio: 6, kernel: 3, stride: 2, channels: 80, layers: 3 },
  { expandRatio: 6, kernel: 5, stride: 1, channels: 112, layers: 3 },
  { expandRatio: 6, kernel: 5, stride: 2, channels: 192, layers: 4 },
  { expandRatio: 6, kernel: 3, stride: 1, channels: 320, layers: 1 },
];

/** Channels of the last convolution for each of the last stage: 1280 / 320. */
const HEAD_EXPANSION = 4;

/** α, β and γ of section 3.3: what one step of φ does. α · β² · γ² ≈ 2, so that it doubles the multiply-accumulates. */
const [ALPHA, BETA, GAMMA] = [1.2, 1.1, 1.15] as const;

/** Factors of a network's depth, width and resolution over EfficientNet-B0's. */
export interface CompoundScale {
  readonly depth: number;
  readonly width: number;
  readonly resolution: number;
}

/** Compound scaling, eq. 3: depth α^φ, width β^φ, resolution γ^φ. The published variants' factors are rounded by hand. */
export const compoundScale = (phi: number): CompoundScale => ({
  depth: ALPHA ** phi,
  width: BETA ** phi,
  resolution: GAMMA ** phi,
});

export interface EfficientNetVariant {
  /** Factor of the number of layers, which are rounded up. */
  readonly depth: number;
  /** Factor of the channels, which are rounded to multiples of 8. */
  readonly width: number;
  /** Probability of dropping an input of the classifier in training. */
  readonly dropout: number;
  /** Default: PyTorch's. */
  readonly norm?: BatchNorm2dOptions;
}

export interface EfficientNetOptions extends ModelOptions {
  /** Probability of leaving out the last block in training; blocks before have less, in proportion to their place. Default: 0.2. */
  readonly stochasticDepth?: number;
  /** In all blocks. "relu6" is the form for quantisation and accelerators without sigmoid. Default: "silu". */
  readonly activation?: ActivationName;
  /** Shortcuts; false for a form that tutorials pass on, which forgets to add them. Default: true. */
  readonly residual?: boolean;
}

/** Network scaled in depth, width and resolution at once, with torchvision's parameter names; x [N, inChannels, H, W] → logits. */
export class EfficientNet extends Classifier {
  readonly features_: Sequential;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly classifier: Sequential | null;
  readonly #channels: readonly number[];

  constructor(variant: EfficientNetVariant, options: EfficientNetOptions = {}) {
    super();
    const { numClasses = 1000, inChannels = 3, includeTop = true, dropout = variant.dropout, activation = "silu" } = options;
    const { norm = {} } = variant;
    const scaled = (channels: number) => makeDivisible(channels * variant.width, 8);
    const stem = scaled(STEM_CHANNELS);
    const rows = B0.map((row) => ({ ...row, channels: scaled(row.channels), layers: Math.ceil(row.layers * variant.depth) }));
    const last = rows.at(-1)?.channels ?? stem;
    const conv = (from: number, to: number, own: { readonly kernel: number; readonly stride?: number }) =>
      new ConvNormAct(from, to, { ...own, norm, weightInit, activation: makeActivation(activation) });
    this.features_ = new Sequential([
      conv(inChannels, stem, { kernel: 3, stride: 2 }),
      ...makeStages(rows, stem, { ...options, norm }),
      conv(last, last * HEAD_EXPANSION, { kernel: 1 }),
    ]);
    this.avgpool = new AdaptiveAvgPool2d(1);
    this.classifier = includeTop ? makeTop(last * HEAD_EXPANSION, numClasses, dropout) : null;
    this.#channels = [stem, ...rows.map(({ channels }) => channels), last * HEAD_EXPANSION];
  }

  stages(): readonly Stage[] {
    let from = 0;
    return LAST_OF_STRIDE.map(([index, stride]) => {
      const layers = this.features_.layers.slice(from, index + 1);
      from = index + 1;
      // A convolution's layers one by one, so that they fuse; a stage's blocks as one sequence.
      const steps = layers.flatMap((layer) => (layer instanceof ConvNormAct ? layer.layers : [layer]));
      return { name: `features.${index}`, channels: this.#channels[index] as number, stride, steps };
    });
  }

  head(): readonly Step[] {
    return this.classifier ? [this.avgpool, flatten, ...this.classifier.layers] : [];
  }

  classifierNames(): readonly string[] {
    return this.classifier ? ["classifier.1"] : [];
  }
}

/** The last child of `features` at each stride. */
const LAST_OF_STRIDE = [
  [1, 2],
  [2, 4],
  [3, 8],
  [5, 16],
  [8, 32],
] as const;

const weightInit = kaimingNormal("fanOut");

/** The stages' blocks; the probability of being left out grows from 0 with the place among all blocks. */
function makeStages(
  rows: readonly StageRow[],
  stemChannels: number,
  { stochasticDepth = 0.2, activation, residual, norm }: EfficientNetOptions & { readonly norm: BatchNorm2dOptions },
): Sequential[] {
  const total = rows.reduce((sum, { layers }) => sum + layers, 0);
  const shared = { norm, ...(activation && { activation }), ...(residual !== undefined && { residual }) };
  let [place, inChannels] = [0, stemChannels];
  return rows.map(({ layers, channels, stride, ...row }) => {
    const blocks: MBConv[] = [];
    for (let i = 0; i < layers; i++) {
      const sizes = { inChannels, outChannels: channels, stride: i === 0 ? stride : 1 };
      blocks.push(new MBConv({ ...row, ...shared, ...sizes, stochasticDepth: (stochasticDepth * place++) / total }));
      inChannels = channels;
    }
    return new Sequential(blocks);
  });
}

function makeTop(channels: number, numClasses: number, dropout: number): Sequential {
  const inits = { weightInit: uniformInit(1 / Math.sqrt(numClasses)), biasInit: zerosInit };
  return new Sequential([new Dropout(dropout, { inplace: true }), new Linear(channels, numClasses, inits)]);
}

const SOURCE = "torchvision 0.14, table of classification weights, IMAGENET1K_V1";

/** Of the norms of B5 to B7, whose weights are the authors' as ported with TensorFlow's constants. */
const TENSORFLOW_NORM: BatchNorm2dOptions = { eps: 1e-3, momentum: 0.01 };

interface VariantRow extends EfficientNetVariant {
  readonly params: number;
  readonly gigaMacs: number;
  readonly top1: number;
  /** Shorter side after resizing, and side of the square cut from it: the resolution. */
  readonly resize: number;
  readonly crop: number;
}

const define = (name: string, row: VariantRow): ModelFactory<EfficientNetOptions, EfficientNet> => {
  const { params, gigaMacs, top1, resize, crop, ...variant } = row;
  const preprocessing = { ...IMAGENET_PREPROCESSING, interpolation: "bicubic", resize, crop } as const;
  return defineModel(
    {
      name,
      family: "efficientnet",
      inputShape: [3, crop, crop],
      smallSide: 32,
      numClasses: 1000,
      params,
      gigaMacs,
      source: SOURCE,
      weights: { top1, preprocessing, source: SOURCE },
    },
    (options: EfficientNetOptions) => new EfficientNet(variant, options),
    { stochasticDepth: "optional", activation: "optional", residual: "optional" },
  );
};

const b0 = { width: 1.0, depth: 1.0, resize: 256, crop: 224, dropout: 0.2, params: 5_288_548, gigaMacs: 0.39, top1: 77.692 };
const b1 = { width: 1.0, depth: 1.1, resize: 256, crop: 240, dropout: 0.2, params: 7_794_184, gigaMacs: 0.69, top1: 78.642 };
// The authors trained B2 at 260.
const b2 = { width: 1.1, depth: 1.2, resize: 288, crop: 288, dropout: 0.3, params: 9_109_994, gigaMacs: 1.09, top1: 80.608 };
const b3 = { width: 1.2, depth: 1.4, resize: 320, crop: 300, dropout: 0.3, params: 12_233_232, gigaMacs: 1.83, top1: 82.008 };
const b4 = { width: 1.4, depth: 1.8, resize: 384, crop: 380, dropout: 0.4, params: 19_341_616, gigaMacs: 4.39, top1: 83.384 };
const b5 = { width: 1.6, depth: 2.2, resize: 456, crop: 456, dropout: 0.4, params: 30_389_784, gigaMacs: 10.27, top1: 83.444 };
const b6 = { width: 1.8, depth: 2.6, resize: 528, crop: 528, dropout: 0.5, params: 43_040_704, gigaMacs: 19.07, top1: 84.008 };
const b7 = { width: 2.0, depth: 3.1, resize: 600, crop: 600, dropout: 0.5, params: 66_347_960, gigaMacs: 37.75, top1: 84.122 };

export const efficientnet_b0 = define("efficientnet_b0", b0);
export const efficientnet_b1 = define("efficientnet_b1", b1);
export const efficientnet_b2 = define("efficientnet_b2", b2);
export const efficientnet_b3 = define("efficientnet_b3", b3);
export const efficientnet_b4 = define("efficientnet_b4", b4);
export const efficientnet_b5 = define("efficientnet_b5", { ...b5, norm: TENSORFLOW_NORM });
export const efficientnet_b6 = define("efficientnet_b6", { ...b6, norm: TENSORFLOW_NORM });
export const efficientnet_b7 = define("efficientnet_b7", { ...b7, norm: TENSORFLOW_NORM });

/** Every entry of this file. */
export const EFFICIENTNETS: readonly ModelFactory[] = [
  efficientnet_b0,
  efficientnet_b1,
  efficientnet_b2,
  efficientnet_b3,
  efficientnet_b4,
  efficientnet_b5,
  efficientnet_b6,
  efficientnet_b7,
];
