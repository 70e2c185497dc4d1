// He, Zhang, Ren, Sun: "Deep residual learning for image recognition", CVPR 2016, section 4.2: 6n + 2 layers for images of 32 × 32.
import { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, flatten, Linear, ReLU, Sequential, type Step } from "@vertebra/core";
import { BasicBlock } from "./blocks/basic-block";
import { convInit } from "./blocks/shortcut";
import { Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import type { Stage } from "./stages";

/** The table of section 4.2: channels of a stage's 2n layers, and stride of its first; maps of 32, 16 and 8 pixels a side. */
const STAGES = [
  { channels: 16, stride: 1 },
  { channels: 32, stride: 2 },
  { channels: 64, stride: 2 },
] as const;
const STEM_CHANNELS = 16;
const LAST_CHANNELS = 64;

export interface CifarResNetVariant {
  /** Blocks of a stage, n in the paper: (layers − 2) / 6. */
  readonly blocks: number;
  /** Option A, shortcuts without parameters, or a plain network. */
  readonly shortcut: "zero-padded" | "none";
}

/** Small residual or plain network; x [N, inChannels, 32, 32] → logits [N, numClasses]. */
export class CifarResNet extends Classifier {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu: ReLU;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly avgpool: AdaptiveAvgPool2d;
  fc: Linear | null;
  readonly #dropout: number;

  constructor(variant: CifarResNetVariant, options: ModelOptions = {}) {
    super();
    const { numClasses = 10, inChannels = 3, includeTop = true, dropout = 0 } = options;
    this.conv1 = new Conv2d(inChannels, STEM_CHANNELS, { kernel: 3, padding: 1, bias: false, weightInit: convInit });
    this.bn1 = new BatchNorm2d(STEM_CHANNELS);
    this.relu = new ReLU({ inplace: true });
    this.layer1 = makeStage(variant, 0);
    this.layer2 = makeStage(variant, 1);
    this.layer3 = makeStage(variant, 2);
    this.avgpool = new AdaptiveAvgPool2d([1, 1]);
    this.fc = includeTop ? new Linear(LAST_CHANNELS, numClasses) : null;
    this.#dropout = dropout;
  }

  stages(): readonly Stage[] {
    const { conv1, bn1, relu, layer1, layer2, layer3 } = this;
    return [
      { name: "layer1", channels: STAGES[0].channels, stride: 1, steps: [conv1, bn1, relu, layer1] },
      { name: "layer2", channels: STAGES[1].channels, stride: 2, steps: [layer2] },
      { name: "layer3", channels: STAGES[2].channels, stride: 4, steps: [layer3] },
    ];
  }

  head(): readonly Step[] {
    return this.fc ? [this.avgpool, flatten, ...this.headDropout(this.#dropout), this.fc] : [];
  }

  classifierNames(): readonly string[] {
    return this.fc ? ["fc"] : [];
  }
}

function makeStage({ blocks, shortcut }: CifarResNetVariant, index: 0 | 1 | 2): Sequential {
  const { channels, stride } = STAGES[index];
  const before = index === 0 ? STEM_CHANNELS : channels / 2;
  return new Sequential(
    Array.from({ length: blocks }, (_, i) =>
      i === 0
        ? new BasicBlock({ inChannels: before, channels, stride, shortcut })
        : new BasicBlock({ inChannels: channels, channels, shortcut }),
    ),
  );
}

const define = (name: string, variant: CifarResNetVariant, params: number, gigaMacs: number): ModelFactory =>
  defineModel(
    {
      name,
      family: "resnet",
      inputShape: [3, 32, 32],
      smallSide: 16,
      numClasses: 10,
      params,
      gigaMacs,
      source: "He et al. 2016, section 4.2 and table 6; multiply-accumulates counted from its table of layers",
    },
    (options) => new CifarResNet(variant, options),
  );

export const resnet20_cifar = define("resnet20_cifar", { blocks: 3, shortcut: "zero-padded" }, 269_722, 0.0406);
export const resnet32_cifar = define("resnet32_cifar", { blocks: 5, shortcut: "zero-padded" }, 464_154, 0.0689);
export const resnet44_cifar = define("resnet44_cifar", { blocks: 7, shortcut: "zero-padded" }, 658_586, 0.0972);
export const resnet56_cifar = define("resnet56_cifar", { blocks: 9, shortcut: "zero-padded" }, 853_018, 0.1255);
export const resnet110_cifar = define("resnet110_cifar", { blocks: 18, shortcut: "zero-padded" }, 1_727_962, 0.2529);
export const plain20_cifar = define("plain20_cifar", { blocks: 3, shortcut: "none" }, 269_722, 0.0406);
export const plain56_cifar = define("plain56_cifar", { blocks: 9, shortcut: "none" }, 853_018, 0.1255);

/** Every entry of this file. */
export const CIFAR_RESNETS: readonly ModelFactory[] = [
  resnet20_cifar,
  resnet32_cifar,
  resnet44_cifar,
  resnet56_cifar,
  resnet110_cifar,
  plain20_cifar,
  plain56_cifar,
];
