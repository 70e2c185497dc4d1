// He, Zhang, Ren, Sun: "Deep residual learning for image recognition", CVPR 2016; in the form of torchvision (v1.5: stride on
// the 3×3). ResNeXt: Xie et al., CVPR 2017. Wide: Zagoruyko & Komodakis, BMVC 2016. v2: He et al., ECCV 2016.
import { AdaptiveAvgPool2d, BatchNorm2d, Conv2d, flatten, Linear, MaxPool2d, ReLU, Sequential, type Step } from "@vertebra/core";
import { BasicBlock } from "./blocks/basic-block";
import { Bottleneck } from "./blocks/bottleneck";
import { PreActBasicBlock } from "./blocks/pre-act-basic-block";
import { PreActBottleneck } from "./blocks/pre-act-bottleneck";
import { convInit, type ShortcutForm } from "./blocks/shortcut";
import { Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import { IMAGENET_PREPROCESSING } from "./preprocessing";
import type { Stage } from "./stages";

/** Table 1 of the paper, conv2_x to conv5_x: channels of a stage's 3×3 convolutions and stride of its first block. */
const STAGES = [
  { channels: 64, stride: 1 },
  { channels: 128, stride: 2 },
  { channels: 256, stride: 2 },
  { channels: 512, stride: 2 },
] as const;

export interface ResNetOptions extends ModelOptions {
  /**
   * "1.5": torchvision's. "1": the paper's, a bottleneck's stride on its first 1×1. "2": pre-activation (He et al. 2016,
   * "Identity mappings"): norm and ReLU in front of every convolution and once behind layer4, none in the stem. Default: "1.5".
   */
  readonly version?: "1" | "1.5" | "2";
  /** The blocks' convolutions with a bias; the stem's never has one. Default: false. */
  readonly convBias?: boolean;
  /** Of every block. Default: "projection-where-needed". */
  readonly shortcut?: ShortcutForm;
  /** Starts every block as the identity: its last norm's weight is 0, in v2 its last convolution's (Goyal et al. 2017). Default: false. */
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

/**
 * Residual network with torchvision's parameter names; x [N, inChannels, H, W] → logits [N, numClasses]. Version 2 has the
 * same names as far as they go, and `norm` behind layer4. timm's `resnetv2` is the same network: there `layer1.0.bn1` is
 * `stages.0.blocks.0.norm1`, `downsample.0` is `downsample.conv`, `conv1` is `stem.conv` and `fc` is `head.fc`, a 1×1 convolution.
 */
export class ResNet extends Classifier {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d | null;
  readonly relu: ReLU;
  readonly maxpool: MaxPool2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly norm: BatchNorm2d | null;
  readonly avgpool: AdaptiveAvgPool2d;
  fc: Linear | null;
  readonly #expansion: number;
  readonly #dropout: number;

  constructor(variant: ResNetVariant, options: ResNetOptions = {}) {
    super();
    const { numClasses = 1000, inChannels = 3, includeTop = true, dropout = 0, version = "1.5" } = options;
    const outChannels = 512 * variant.block.expansion;
    this.conv1 = new Conv2d(inChannels, 64, { kernel: 7, stride: 2, padding: 3, bias: false, weightInit: convInit });
    this.bn1 = version === "2" ? null : new BatchNorm2d(64);
    this.relu = new ReLU({ inplace: true });
    this.maxpool = new MaxPool2d({ kernel: 3, stride: 2, padding: 1 });
    this.layer1 = makeStage(variant, 0, options);
    this.layer2 = makeStage(variant, 1, options);
    this.layer3 = makeStage(variant, 2, options);
    this.layer4 = makeStage(variant, 3, options);
    this.norm = version === "2" ? new BatchNorm2d(outChannels) : null;
    this.avgpool = new AdaptiveAvgPool2d([1, 1]);
    this.fc = includeTop ? new Linear(outChannels, numClasses) : null;
    this.#expansion = variant.block.expansion;
    this.#dropout = dropout;
  }

  stages(): readonly Stage[] {
    const { conv1, bn1, relu, maxpool, layer1, layer2, layer3, layer4, norm } = this;
    const channels = (index: number) => (STAGES[index]?.channels ?? 0) * this.#expansion;
    return [
      { name: "stem", channels: 64, stride: 2, steps: bn1 ? [conv1, bn1, relu] : [conv1] },
      { name: "layer1", channels: channels(0), stride: 4, steps: [maxpool, layer1] },
      { name: "layer2", channels: channels(1), stride: 8, steps: [layer2] },
      { name: "layer3", channels: channels(2), stride: 16, steps: [layer3] },
      { name: "layer4", channels: channels(3), stride: 32, steps: norm ? [layer4, norm, relu] : [layer4] },
    ];
  }

  head(): readonly Step[] {
    return this.fc ? [this.avgpool, flatten, ...this.headDropout(this.#dropout), this.fc] : [];
  }

  classifierNames(): readonly string[] {
    return this.fc ? ["fc"] : [];
  }
}

type BlockClass = typeof BasicBlock | typeof Bottleneck | typeof PreActBasicBlock | typeof PreActBottleneck;

const PRE_ACTIVATED: ReadonlyMap<BlockClass, BlockClass> = new Map<BlockClass, BlockClass>([
  [BasicBlock, PreActBasicBlock],
  [Bottleneck, PreActBottleneck],
]);

function makeStage(variant: ResNetVariant, index: 0 | 1 | 2 | 3, options: ResNetOptions): Sequential {
  const { block, blocks, groups = 1, widthPerGroup = 64 } = variant;
  const { version = "1.5", convBias = false, shortcut = "projection-where-needed", zeroInitResidual = false } = options;
  const Block = (version === "2" && PRE_ACTIVATED.get(block)) || block;
  const { channels, stride } = STAGES[index];
  // The stem's 64 channels, or what the stage before gives.
  const before = index === 0 ? 64 : (channels / 2) * block.expansion;
  const strideOnConv1 = version === "1";
  const shared = { channels, groups, widthPerGroup, convBias, shortcut, zeroInitResidual, strideOnConv1 };
  return new Sequential(
    Array.from({ length: blocks[index] }, (_, i) =>
      i === 0
        ? new Block({ ...shared, inChannels: before, stride })
        : new Block({ ...shared, inChannels: channels * block.expansion }),
    ),
  );
}

type Published = readonly [params: number, gigaMacs: number, top1: number, resize?: number];

const SOURCE = "torchvision 0.14, table of classification weights, IMAGENET1K_V1";

const define = (name: string, variant: ResNetVariant, published: Published): ModelFactory<ResNetOptions, ResNet> => {
  const [params, gigaMacs, top1, resize = 256] = published;
  return defineModel(
    {
      name,
      family: "resnet",
      inputShape: [3, 224, 224],
      smallSide: 32,
      numClasses: 1000,
      params,
      gigaMacs,
      source: SOURCE,
      weights: { top1, preprocessing: { ...IMAGENET_PREPROCESSING, resize }, source: SOURCE },
    },
    (options: ResNetOptions) => new ResNet(variant, options),
    { version: "optional", convBias: "optional", shortcut: "optional", zeroInitResidual: "optional" },
  );
};

export const resnet18 = define("resnet18", { block: BasicBlock, blocks: [2, 2, 2, 2] }, [11_689_512, 1.81, 69.758]);
export const resnet34 = define("resnet34", { block: BasicBlock, blocks: [3, 4, 6, 3] }, [21_797_672, 3.66, 73.314]);
export const resnet50 = define("resnet50", { block: Bottleneck, blocks: [3, 4, 6, 3] }, [25_557_032, 4.09, 76.13]);
export const resnet101 = define("resnet101", { block: Bottleneck, blocks: [3, 4, 23, 3] }, [44_549_160, 7.8, 77.374]);
export const resnet152 = define("resnet152", { block: Bottleneck, blocks: [3, 8, 36, 3] }, [60_192_808, 11.51, 78.312]);
export const resnext50_32x4d = define(
  "resnext50_32x4d",
  { block: Bottleneck, blocks: [3, 4, 6, 3], groups: 32, widthPerGroup: 4 },
  [25_028_904, 4.23, 77.618],
);
export const resnext101_32x8d = define(
  "resnext101_32x8d",
  { block: Bottleneck, blocks: [3, 4, 23, 3], groups: 32, widthPerGroup: 8 },
  [88_791_336, 16.41, 79.312],
);
export const resnext101_64x4d = define(
  "resnext101_64x4d",
  { block: Bottleneck, blocks: [3, 4, 23, 3], groups: 64, widthPerGroup: 4 },
  [83_455_272, 15.46, 83.246, 232],
);
export const wide_resnet50_2 = define(
  "wide_resnet50_2",
  { block: Bottleneck, blocks: [3, 4, 6, 3], widthPerGroup: 128 },
  [68_883_240, 11.4, 78.468],
);
export const wide_resnet101_2 = define(
  "wide_resnet101_2",
  { block: Bottleneck, blocks: [3, 4, 23, 3], widthPerGroup: 128 },
  [126_886_696, 22.75, 78.848],
);

/** Every entry of this file. */
export const RESNETS: readonly ModelFactory[] = [
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  resnext50_32x4d,
  resnext101_32x8d,
  resnext101_64x4d,
  wide_resnet50_2,
  wide_resnet101_2,
];
