// He, Zhang, Ren, Sun: "Deep residual learning for image recognition", CVPR 2016; in the form of torchvision (v1.5: stride on
// the 3×3). ResNeXt: Xie et al., CVPR 2017. Wide: Zagoruyko & Komodakis, BMVC 2016.
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  Conv2d,
  chain,
  convNormAct,
  flatten,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
  type Tensor,
} from "@vertebra/core";
import { BasicBlock } from "./blocks/basic-block";
import { Bottleneck } from "./blocks/bottleneck";
import { convInit } from "./blocks/shortcut";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";

/** Table 1 of the paper, conv2_x to conv5_x: channels of a stage's 3×3 convolutions and stride of its first block. */
const STAGES = [
  { channels: 64, stride: 1 },
  { channels: 128, stride: 2 },
  { channels: 256, stride: 2 },
  { channels: 512, stride: 2 },
] as const;

export interface ResNetOptions extends ModelOptions {
  /** Starts every block as the identity: its last norm's weight is 0 (Goyal et al. 2017). Default: false. */
  readonly zeroInitResidual?: boolean;
}

/** One column of table 1: the block and how many of it each stage has; groups and width for ResNeXt and Wide ResNet. */
export interface ResNetVariant {
  readonly block: typeof BasicBlock | typeof Bottleneck;
  readonly blocks: readonly [number, number, number, number];
  /** Cardinality. Default: 1. */
  readonly groups?: number;
  /** Width of a group at 64 channels. Default: 64. */
  readonly widthPerGroup?: number;
}

/** Residual network with torchvision's parameter names; x [N, inChannels, H, W] → logits [N, numClasses]. */
export class ResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu: ReLU;
  readonly maxpool: MaxPool2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly fc: Linear;

  constructor(variant: ResNetVariant, { numClasses = 1000, inChannels = 3, zeroInitResidual = false }: ResNetOptions = {}) {
    super();
    this.conv1 = new Conv2d(inChannels, 64, { kernel: 7, stride: 2, padding: 3, bias: false, weightInit: convInit });
    this.bn1 = new BatchNorm2d(64);
    this.relu = new ReLU({ inplace: true });
    this.maxpool = new MaxPool2d({ kernel: 3, stride: 2, padding: 1 });
    this.layer1 = makeStage(variant, 0, zeroInitResidual);
    this.layer2 = makeStage(variant, 1, zeroInitResidual);
    this.layer3 = makeStage(variant, 2, zeroInitResidual);
    this.layer4 = makeStage(variant, 3, zeroInitResidual);
    this.avgpool = new AdaptiveAvgPool2d([1, 1]);
    this.fc = new Linear(512 * variant.block.expansion, numClasses);
  }

  forward(x: Tensor): Tensor {
    const stem = (image: Tensor) => convNormAct(image, { conv: this.conv1, norm: this.bn1, activation: this.relu });
    const { maxpool, layer1, layer2, layer3, layer4, avgpool, fc } = this;
    return chain(x, stem, maxpool, layer1, layer2, layer3, layer4, avgpool, flatten, fc);
  }
}

function makeStage(
  { block: Block, blocks, groups, widthPerGroup }: ResNetVariant,
  index: 0 | 1 | 2 | 3,
  zeroInitResidual: boolean,
): Sequential {
  const { channels, stride } = STAGES[index];
  // The stem's 64 channels, or what the stage before gives.
  const before = index === 0 ? 64 : (channels / 2) * Block.expansion;
  const shared = { channels, zeroInitResidual, ...(groups && { groups }), ...(widthPerGroup && { widthPerGroup }) };
  return new Sequential(
    Array.from({ length: blocks[index] }, (_, i) =>
      i === 0
        ? new Block({ ...shared, inChannels: before, stride })
        : new Block({ ...shared, inChannels: channels * Block.expansion }),
    ),
  );
}

type Published = readonly [params: number, gigaMacs: number];

const define = (name: string, variant: ResNetVariant, [params, gigaMacs]: Published): ModelFactory<ResNetOptions, ResNet> =>
  defineModel(
    {
      name,
      inputShape: [3, 224, 224],
      numClasses: 1000,
      params,
      gigaMacs,
      source: "torchvision 0.14, table of classification weights",
    },
    (options: ResNetOptions) => new ResNet(variant, options),
  );

export const resnet18 = define("resnet18", { block: BasicBlock, blocks: [2, 2, 2, 2] }, [11_689_512, 1.81]);
export const resnet34 = define("resnet34", { block: BasicBlock, blocks: [3, 4, 6, 3] }, [21_797_672, 3.66]);
export const resnet50 = define("resnet50", { block: Bottleneck, blocks: [3, 4, 6, 3] }, [25_557_032, 4.09]);
export const resnet101 = define("resnet101", { block: Bottleneck, blocks: [3, 4, 23, 3] }, [44_549_160, 7.8]);
export const resnet152 = define("resnet152", { block: Bottleneck, blocks: [3, 8, 36, 3] }, [60_192_808, 11.51]);
export const resnext50_32x4d = define(
  "resnext50_32x4d",
  { block: Bottleneck, blocks: [3, 4, 6, 3], groups: 32, widthPerGroup: 4 },
  [25_028_904, 4.23],
);
export const resnext101_32x8d = define(
  "resnext101_32x8d",
  { block: Bottleneck, blocks: [3, 4, 23, 3], groups: 32, widthPerGroup: 8 },
  [88_791_336, 16.41],
);
export const resnext101_64x4d = define(
  "resnext101_64x4d",
  { block: Bottleneck, blocks: [3, 4, 23, 3], groups: 64, widthPerGroup: 4 },
  [83_455_272, 15.46],
);
export const wide_resnet50_2 = define(
  "wide_resnet50_2",
  { block: Bottleneck, blocks: [3, 4, 6, 3], widthPerGroup: 128 },
  [68_883_240, 11.4],
);
export const wide_resnet101_2 = define(
  "wide_resnet101_2",
  { block: Bottleneck, blocks: [3, 4, 23, 3], widthPerGroup: 128 },
  [126_886_696, 22.75],
);
