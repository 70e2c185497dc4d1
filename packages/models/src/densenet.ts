// Huang, Liu, van der Maaten, Weinberger: "Densely connected convolutional networks", CVPR 2017; DenseNet-BC in the form of
// torchvision.
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  flatten,
  kaimingNormal,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
  type Step,
  zerosInit,
} from "@vertebra/core";
import { DenseBlock } from "./blocks/dense-block";
import { Transition } from "./blocks/transition";
import { Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import { IMAGENET_PREPROCESSING } from "./preprocessing";
import type { Stage } from "./stages";

/** One column of table 1: channels of the first convolution, k, and layers of the four blocks. */
export interface DenseNetVariant {
  readonly initChannels: number;
  readonly growthRate: number;
  readonly blocks: readonly [number, number, number, number];
}

export interface DenseNetOptions extends ModelOptions {
  /** Probability of dropping an output of a dense layer in training (the paper's 0.2 for CIFAR without augmentation). Default: 0. */
  readonly dropRate?: number;
  /** Keeps only what each layer adds, and joins the features again in backward (Pleiss et al. 2017). Default: false. */
  readonly memoryEfficient?: boolean;
  /** Padding of the transitions' 1×1 convolutions: 1, with `convBias`, is a form in tutorials, whose maps are 29, 15, 8. Default: 0. */
  readonly transitionPadding?: number;
  /** Biases in the convolutions of dense layers and transitions, which the norms behind them undo. Default: false. */
  readonly convBias?: boolean;
}

/** Channels of the bottleneck for each of the growth rate, and the share of channels that a transition keeps (θ). */
const BOTTLENECK = 4;
const COMPRESSION = 0.5;

/** Densely connected network with torchvision's parameter names; x [N, inChannels, H, W] → logits [N, numClasses]. */
export class DenseNet extends Classifier {
  readonly features_: Sequential;
  classifier: Linear | null;
  readonly #blocks: readonly BlockRow[];
  readonly #initChannels: number;
  readonly #dropout: number;

  constructor(variant: DenseNetVariant, options: DenseNetOptions = {}) {
    super();
    const { numClasses = 1000, inChannels = 3, includeTop = true, dropout = 0 } = options;
    const { initChannels } = variant;
    const blocks = blockRows(variant);
    const channels = blocks.at(-1)?.channels ?? initChannels;
    this.features_ = new Sequential({
      conv0: new Conv2d(inChannels, initChannels, { kernel: 7, stride: 2, padding: 3, bias: false, weightInit }),
      norm0: new BatchNorm2d(initChannels),
      relu0: new ReLU({ inplace: true }),
      pool0: new MaxPool2d({ kernel: 3, stride: 2, padding: 1 }),
      ...makeBlocks(blocks, variant, options),
      norm5: new BatchNorm2d(channels),
    });
    this.classifier = includeTop ? new Linear(channels, numClasses, { biasInit: zerosInit }) : null;
    this.#blocks = blocks;
    this.#initChannels = initChannels;
    this.#dropout = dropout;
  }

  stages(): readonly Stage[] {
    const { layers } = this.features_;
    const stem = layers.slice(0, 3);
    return [
      { name: "conv0", channels: this.#initChannels, stride: 2, steps: stem },
      ...this.#blocks.map(({ channels }, i): Stage => {
        // The pooling or transition before a block, and the block; the last one's maps are complete after norm5 and ReLU.
        const start = stem.length + 2 * i;
        const steps = i === this.#blocks.length - 1 ? [...layers.slice(start), RELU] : layers.slice(start, start + 2);
        return { name: `denseblock${i + 1}`, channels, stride: 4 * 2 ** i, steps };
      }),
    ];
  }

  head(): readonly Step[] {
    return this.classifier ? [AVGPOOL, flatten, ...this.headDropout(this.#dropout), this.classifier] : [];
  }

  classifierNames(): readonly string[] {
    return this.classifier ? ["classifier"] : [];
  }
}

/** torchvision's network calls these as functions: its tree has none of them. */
const RELU = new ReLU();
const AVGPOOL = new AdaptiveAvgPool2d(1);

const weightInit = kaimingNormal("fanIn");

/** A dense block: its layers, channels in and channels out. */
interface BlockRow {
  readonly layers: number;
  readonly inChannels: number;
  readonly channels: number;
}

function blockRows({ initChannels, growthRate, blocks }: DenseNetVariant): BlockRow[] {
  const rows: BlockRow[] = [];
  let inChannels = initChannels;
  for (const layers of blocks) {
    const channels = inChannels + layers * growthRate;
    rows.push({ layers, inChannels, channels });
    inChannels = Math.floor(channels * COMPRESSION);
  }
  return rows;
}

/** `denseblock1`, `transition1`, `denseblock2`, …: a transition wherever another block follows. */
function makeBlocks(
  rows: readonly BlockRow[],
  { growthRate }: DenseNetVariant,
  { dropRate = 0, memoryEfficient = false, transitionPadding = 0, convBias = false }: DenseNetOptions,
): Record<string, Module> {
  const made: Record<string, Module> = {};
  const shared = { growthRate, bnSize: BOTTLENECK, dropRate, memoryEfficient, bias: convBias };
  for (const [i, { layers, inChannels, channels }] of rows.entries()) {
    made[`denseblock${i + 1}`] = new DenseBlock({ layers, inChannels, ...shared });
    const next = rows[i + 1];
    if (!next) break;
    const sizes = { inChannels: channels, outChannels: next.inChannels };
    made[`transition${i + 1}`] = new Transition({ ...sizes, padding: transitionPadding, bias: convBias });
  }
  return made;
}

/** Without top1 where no weights are published. */
interface Published {
  readonly params: number;
  readonly gigaMacs: number;
  readonly top1?: number;
}

const OWN_OPTIONS = {
  dropRate: "optional",
  memoryEfficient: "optional",
  transitionPadding: "optional",
  convBias: "optional",
} as const;

const SOURCE = "torchvision 0.14, table of classification weights, IMAGENET1K_V1";
const PAPER = "Huang et al. 2017, table 1, in the form of torchvision";

const define = (
  name: string,
  variant: DenseNetVariant,
  { params, gigaMacs, top1 }: Published,
): ModelFactory<DenseNetOptions, DenseNet> =>
  defineModel(
    {
      name,
      family: "densenet",
      inputShape: [3, 224, 224],
      smallSide: 32,
      numClasses: 1000,
      params,
      gigaMacs,
      source: top1 === undefined ? PAPER : SOURCE,
      ...(top1 !== undefined && { weights: { top1, preprocessing: IMAGENET_PREPROCESSING, source: SOURCE } }),
    },
    (options: DenseNetOptions) => new DenseNet(variant, options),
    OWN_OPTIONS,
  );

export const densenet121 = define(
  "densenet121",
  { initChannels: 64, growthRate: 32, blocks: [6, 12, 24, 16] },
  { params: 7_978_856, gigaMacs: 2.83, top1: 74.434 },
);
export const densenet161 = define(
  "densenet161",
  { initChannels: 96, growthRate: 48, blocks: [6, 12, 36, 24] },
  { params: 28_681_000, gigaMacs: 7.73, top1: 77.138 },
);
export const densenet169 = define(
  "densenet169",
  { initChannels: 64, growthRate: 32, blocks: [6, 12, 32, 32] },
  { params: 14_149_480, gigaMacs: 3.36, top1: 75.6 },
);
export const densenet201 = define(
  "densenet201",
  { initChannels: 64, growthRate: 32, blocks: [6, 12, 48, 32] },
  { params: 20_013_928, gigaMacs: 4.29, top1: 76.896 },
);
export const densenet264 = define(
  "densenet264",
  { initChannels: 64, growthRate: 32, blocks: [6, 12, 64, 48] },
  { params: 33_337_704, gigaMacs: 5.75 },
);

/** Every entry of this file. */
export const DENSENETS: readonly ModelFactory[] = [densenet121, densenet161, densenet169, densenet201, densenet264];
