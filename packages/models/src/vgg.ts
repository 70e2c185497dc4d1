// Simonyan & Zisserman: "Very deep convolutional networks for large-scale image recognition", ICLR 2015; with batch norm as
// torchvision's `_bn` forms.
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  flatten,
  kaimingNormal,
  Linear,
  MaxPool2d,
  type Module,
  normalInit,
  ReLU,
  Sequential,
  type Step,
  zerosInit,
} from "@vertebra/core";
import { Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import { IMAGENET_PREPROCESSING } from "./preprocessing";
import type { Stage } from "./stages";

/** Table 1 of the paper: channels of the 3×3 convolutions between two max pools, by column. */
const COLUMNS = {
  A: [[64], [128], [256, 256], [512, 512], [512, 512]],
  B: [
    [64, 64],
    [128, 128],
    [256, 256],
    [512, 512],
    [512, 512],
  ],
  D: [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ],
  E: [
    [64, 64],
    [128, 128],
    [256, 256, 256, 256],
    [512, 512, 512, 512],
    [512, 512, 512, 512],
  ],
} as const;

/** Features of the hidden linear layers, and the side of the map that they take. */
const HIDDEN = 4096;
const SIDE = 7;

export interface VGGVariant {
  /** Column of table 1: A has 11 layers with weights, B 13, D 16, E 19. */
  readonly column: keyof typeof COLUMNS;
  readonly batchNorm: boolean;
}

/** 3×3 convolutions and max pools with torchvision's parameter names; x [N, inChannels, H, W] → logits [N, numClasses]. */
export class VGG extends Classifier {
  readonly features_: Sequential;
  readonly avgpool: AdaptiveAvgPool2d | null;
  readonly classifier: Sequential | null;
  readonly #rows: (typeof COLUMNS)[VGGVariant["column"]];
  readonly #layersPerConv: number;

  constructor({ column, batchNorm }: VGGVariant, options: ModelOptions = {}) {
    super();
    const { numClasses = 1000, inChannels = 3, includeTop = true, dropout = 0.5 } = options;
    this.#rows = COLUMNS[column];
    this.#layersPerConv = batchNorm ? 3 : 2;
    const channels = [inChannels, ...this.#rows.flat()];
    let conv = 0;
    const step = (): Module[] => convStep(channels[conv++] as number, channels[conv] as number, batchNorm);
    this.features_ = new Sequential(this.#rows.flatMap((row) => [...row.flatMap(step), new MaxPool2d({ kernel: 2, stride: 2 })]));
    this.avgpool = includeTop ? new AdaptiveAvgPool2d([SIDE, SIDE]) : null;
    this.classifier = includeTop ? makeClassifier(channels.at(-1) as number, numClasses, dropout) : null;
  }

  stages(): readonly Stage[] {
    const { layers } = this.features_;
    let from = 0;
    return this.#rows.map((row, i) => {
      const steps = layers.slice(from, (from += row.length * this.#layersPerConv + 1));
      return { name: `stage${i + 1}`, channels: row.at(-1) as number, stride: 2 ** (i + 1), steps };
    });
  }

  head(): readonly Step[] {
    return this.avgpool && this.classifier ? [this.avgpool, flatten, ...this.classifier.layers] : [];
  }

  classifierNames(): readonly string[] {
    return this.classifier ? ["classifier.6"] : [];
  }
}

function convStep(inChannels: number, channels: number, batchNorm: boolean): Module[] {
  const conv = new Conv2d(inChannels, channels, {
    kernel: 3,
    padding: 1,
    weightInit: kaimingNormal("fanOut"),
    biasInit: zerosInit,
  });
  return [conv, ...(batchNorm ? [new BatchNorm2d(channels)] : []), new ReLU({ inplace: true })];
}

function makeClassifier(channels: number, numClasses: number, dropout: number): Sequential {
  const linear = (features: number, outFeatures: number) =>
    new Linear(features, outFeatures, { weightInit: normalInit(0.01), biasInit: zerosInit });
  const between = () => [new ReLU({ inplace: true }), new Dropout(dropout)];
  return new Sequential([
    linear(channels * SIDE * SIDE, HIDDEN),
    ...between(),
    linear(HIDDEN, HIDDEN),
    ...between(),
    linear(HIDDEN, numClasses),
  ]);
}

const SOURCE = "torchvision 0.14, table of classification weights, IMAGENET1K_V1";

type Published = readonly [params: number, gigaMacs: number, top1: number];

const define = (name: string, variant: VGGVariant, [params, gigaMacs, top1]: Published): ModelFactory<ModelOptions, VGG> =>
  defineModel(
    {
      name,
      family: "vgg",
      inputShape: [3, 224, 224],
      smallSide: 32,
      numClasses: 1000,
      params,
      gigaMacs,
      source: SOURCE,
      weights: { top1, preprocessing: IMAGENET_PREPROCESSING, source: SOURCE },
    },
    (options: ModelOptions) => new VGG(variant, options),
  );

export const vgg11 = define("vgg11", { column: "A", batchNorm: false }, [132_863_336, 7.61, 69.02]);
export const vgg11_bn = define("vgg11_bn", { column: "A", batchNorm: true }, [132_868_840, 7.61, 70.37]);
export const vgg13 = define("vgg13", { column: "B", batchNorm: false }, [133_047_848, 11.31, 69.928]);
export const vgg13_bn = define("vgg13_bn", { column: "B", batchNorm: true }, [133_053_736, 11.31, 71.586]);
export const vgg16 = define("vgg16", { column: "D", batchNorm: false }, [138_357_544, 15.47, 71.592]);
export const vgg16_bn = define("vgg16_bn", { column: "D", batchNorm: true }, [138_365_992, 15.47, 73.36]);
export const vgg19 = define("vgg19", { column: "E", batchNorm: false }, [143_667_240, 19.63, 72.376]);
export const vgg19_bn = define("vgg19_bn", { column: "E", batchNorm: true }, [143_678_248, 19.63, 74.218]);

/** Every entry of this file. */
export const VGGS: readonly ModelFactory[] = [vgg11, vgg11_bn, vgg13, vgg13_bn, vgg16, vgg16_bn, vgg19, vgg19_bn];
