// Szegedy, Ioffe, Vanhoucke, Alemi: "Inception-v4, Inception-ResNet and the impact of residual connections on learning",
// AAAI 2017; as released, with timm's parameter names. The released network has the stem of Inception v3, and other numbers of
// channels and blocks than figures 15 to 20.
import { AdaptiveAvgPool2d, Dropout, flatten, Linear, MaxPool2d, Sequential, type Step } from "@vertebra/core";
import type { BasicConv2d } from "./blocks/basic-conv2d";
import { Branches, type BranchTable, makeBranches } from "./blocks/branches";
import { HALVING, inceptionConv, VALID } from "./blocks/inception-conv";
import { ScaledResidual, type ScaledResidualOptions } from "./blocks/scaled-residual";
import { Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import { INCEPTION_PREPROCESSING } from "./preprocessing";
import type { Stage } from "./stages";

/** From the stem's 192 channels to the 320 of the 35×35 blocks. */
const MIXED_5B: BranchTable = [
  [[96, 1]],
  [
    [48, 1],
    [64, 5],
  ],
  [
    [64, 1],
    [96, 3],
    [96, 3],
  ],
  ["average", [64, 1]],
];
/** Figure 16, at 35×35. */
const BLOCK_35: BranchTable = [
  [[32, 1]],
  [
    [32, 1],
    [32, 3],
  ],
  [
    [32, 1],
    [48, 3],
    [64, 3],
  ],
];
/** Figure 7 with k = l = 256, m = n = 384 (table 1). */
const MIXED_6A: BranchTable = [
  [[384, 3, HALVING]],
  [
    [256, 1],
    [256, 3],
    [384, 3, HALVING],
  ],
  ["max"],
];
/** Figure 17, at 17×17. */
const BLOCK_17: BranchTable = [
  [[192, 1]],
  [
    [128, 1],
    [160, [1, 7]],
    [192, [7, 1]],
  ],
];
/** Figure 18. */
const MIXED_7A: BranchTable = [
  [
    [256, 1],
    [384, 3, HALVING],
  ],
  [
    [256, 1],
    [288, 3, HALVING],
  ],
  [
    [256, 1],
    [288, 3],
    [320, 3, HALVING],
  ],
  ["max"],
];
/** Figure 19, at 8×8. */
const BLOCK_8: BranchTable = [
  [[192, 1]],
  [
    [192, 1],
    [224, [1, 3]],
    [256, [3, 1]],
  ],
];

/** Inception-ResNet v2 with timm's parameter names; x [N, inChannels, H, W] → logits [N, numClasses], H and W from 75. */
export class InceptionResNetV2 extends Classifier {
  readonly conv2d_1a: BasicConv2d;
  readonly conv2d_2a: BasicConv2d;
  readonly conv2d_2b: BasicConv2d;
  readonly maxpool_3a: MaxPool2d;
  readonly conv2d_3b: BasicConv2d;
  readonly conv2d_4a: BasicConv2d;
  readonly maxpool_5a: MaxPool2d;
  readonly mixed_5b: Branches;
  readonly repeat: Sequential;
  readonly mixed_6a: Branches;
  readonly repeat_1: Sequential;
  readonly mixed_7a: Branches;
  readonly repeat_2: Sequential;
  readonly block8: ScaledResidual;
  readonly conv2d_7b: BasicConv2d;
  readonly global_pool: AdaptiveAvgPool2d;
  readonly head_drop: Dropout;
  classif: Linear | null;

  constructor({ numClasses = 1000, inChannels = 3, includeTop = true, dropout = 0 }: ModelOptions = {}) {
    super();
    this.conv2d_1a = inceptionConv(inChannels, 32, 3, HALVING);
    this.conv2d_2a = inceptionConv(32, 32, 3, VALID);
    this.conv2d_2b = inceptionConv(32, 64, 3);
    this.maxpool_3a = new MaxPool2d({ kernel: 3, stride: 2 });
    this.conv2d_3b = inceptionConv(64, 80, 1);
    this.conv2d_4a = inceptionConv(80, 192, 3, VALID);
    this.maxpool_5a = new MaxPool2d({ kernel: 3, stride: 2 });
    this.mixed_5b = new Branches(makeBranches(192, MIXED_5B));
    this.repeat = repeat(10, { channels: 320, branches: BLOCK_35, scale: 0.17 });
    this.mixed_6a = new Branches(makeBranches(320, MIXED_6A));
    this.repeat_1 = repeat(20, { channels: 1088, branches: BLOCK_17, scale: 0.1 });
    this.mixed_7a = new Branches(makeBranches(1088, MIXED_7A));
    this.repeat_2 = repeat(9, { channels: 2080, branches: BLOCK_8, scale: 0.2 });
    this.block8 = new ScaledResidual({ channels: 2080, branches: BLOCK_8, activation: false });
    this.conv2d_7b = inceptionConv(2080, 1536, 1);
    this.global_pool = new AdaptiveAvgPool2d([1, 1]);
    this.head_drop = new Dropout(dropout);
    this.classif = includeTop ? new Linear(1536, numClasses) : null;
  }

  stages(): readonly Stage[] {
    const { conv2d_1a, conv2d_2a, conv2d_2b, maxpool_3a, conv2d_3b, conv2d_4a, maxpool_5a, mixed_5b } = this;
    const { repeat, mixed_6a, repeat_1, mixed_7a, repeat_2, block8, conv2d_7b } = this;
    return [
      { name: "conv2d_2b", channels: 64, stride: 2, steps: [conv2d_1a, conv2d_2a, conv2d_2b] },
      { name: "conv2d_4a", channels: 192, stride: 4, steps: [maxpool_3a, conv2d_3b, conv2d_4a] },
      { name: "repeat", channels: 320, stride: 8, steps: [maxpool_5a, mixed_5b, repeat] },
      { name: "repeat_1", channels: 1088, stride: 16, steps: [mixed_6a, repeat_1] },
      { name: "conv2d_7b", channels: 1536, stride: 32, steps: [mixed_7a, repeat_2, block8, conv2d_7b] },
    ];
  }

  head(): readonly Step[] {
    return this.classif ? [this.global_pool, flatten, this.head_drop, this.classif] : [];
  }

  classifierNames(): readonly string[] {
    return this.classif ? ["classif"] : [];
  }
}

const repeat = (count: number, options: ScaledResidualOptions): Sequential =>
  new Sequential(Array.from({ length: count }, () => new ScaledResidual(options)));

export const inception_resnet_v2 = defineModel(
  {
    name: "inception_resnet_v2",
    family: "inception",
    inputShape: [3, 299, 299],
    smallSide: 75,
    numClasses: 1000,
    params: 55_843_464,
    gigaMacs: 13.16,
    source: "Szegedy et al. 2017 as released, in timm's form",
    weights: {
      top1: 80.434,
      // 299 / 0.8975, rounded down.
      preprocessing: { ...INCEPTION_PREPROCESSING, resize: 333 },
      source: "timm, results-imagenet.csv, inception_resnet_v2.tf_in1k",
    },
  },
  (options: ModelOptions) => new InceptionResNetV2(options),
);

/** Every entry of this file. */
export const INCEPTION_RESNET_V2S: readonly ModelFactory[] = [inception_resnet_v2];
