// Szegedy, Ioffe, Vanhoucke, Alemi: "Inception-v4, Inception-ResNet and the impact of residual connections on learning",
// AAAI 2017; with timm's parameter names.
import { AdaptiveAvgPool2d, Dropout, flatten, Linear, type Module, Sequential, type Step } from "@vertebra/core";
import { Branches, type BranchTable, makeBranch, makeBranches } from "./blocks/branches";
import { HALVING, inceptionConv, VALID } from "./blocks/inception-conv";
import { InceptionV4C } from "./blocks/inception-v4-c";
import { Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import { INCEPTION_PREPROCESSING } from "./preprocessing";
import type { Stage } from "./stages";

/** Figure 3, the fork in the middle of the stem. */
const MIXED_4A: BranchTable = [
  [
    [64, 1],
    [96, 3, VALID],
  ],
  [
    [64, 1],
    [64, [1, 7]],
    [64, [7, 1]],
    [96, 3, VALID],
  ],
];
/** Figure 4. */
const INCEPTION_A: BranchTable = [
  [[96, 1]],
  [
    [64, 1],
    [96, 3],
  ],
  [
    [64, 1],
    [96, 3],
    [96, 3],
  ],
  ["average", [96, 1]],
];
/** Figure 7 with k = 192, l = 224, m = 256, n = 384 (table 1). */
const REDUCTION_A: BranchTable = [
  [[384, 3, HALVING]],
  [
    [192, 1],
    [224, 3],
    [256, 3, HALVING],
  ],
  ["max"],
];
/** Figure 5. */
const INCEPTION_B: BranchTable = [
  [[384, 1]],
  [
    [192, 1],
    [224, [1, 7]],
    [256, [7, 1]],
  ],
  [
    [192, 1],
    [192, [7, 1]],
    [224, [1, 7]],
    [224, [7, 1]],
    [256, [1, 7]],
  ],
  ["average", [128, 1]],
];
/** Figure 8. */
const REDUCTION_B: BranchTable = [
  [
    [192, 1],
    [192, 3, HALVING],
  ],
  [
    [256, 1],
    [256, [1, 7]],
    [320, [7, 1]],
    [320, 3, HALVING],
  ],
  ["max"],
];

/** The last module of each stage, as timm lists them. */
const STAGES = [
  { last: 2, channels: 64, stride: 2 },
  { last: 3, channels: 160, stride: 4 },
  { last: 9, channels: 384, stride: 8 },
  { last: 17, channels: 1024, stride: 16 },
  { last: 21, channels: 1536, stride: 32 },
] as const;

/** Inception v4 with timm's parameter names; x [N, inChannels, H, W] → logits [N, numClasses], H and W from 75. */
export class InceptionV4 extends Classifier {
  readonly features_: Sequential;
  readonly global_pool: AdaptiveAvgPool2d;
  readonly head_drop: Dropout;
  last_linear: Linear | null;

  constructor({ numClasses = 1000, inChannels = 3, includeTop = true, dropout = 0 }: ModelOptions = {}) {
    super();
    this.features_ = new Sequential([
      ...makeStem(inChannels),
      ...repeat(4, () => new Branches(makeBranches(384, INCEPTION_A))),
      new Branches(makeBranches(384, REDUCTION_A)),
      ...repeat(7, () => new Branches(makeBranches(1024, INCEPTION_B))),
      new Branches(makeBranches(1024, REDUCTION_B)),
      ...repeat(3, () => new InceptionV4C()),
    ]);
    this.global_pool = new AdaptiveAvgPool2d([1, 1]);
    this.head_drop = new Dropout(dropout);
    this.last_linear = includeTop ? new Linear(1536, numClasses) : null;
  }

  stages(): readonly Stage[] {
    const { layers } = this.features_;
    return STAGES.map(({ last, channels, stride }, i) => {
      const first = (STAGES[i - 1]?.last ?? -1) + 1;
      return { name: `features.${last}`, channels, stride, steps: layers.slice(first, last + 1) };
    });
  }

  head(): readonly Step[] {
    return this.last_linear ? [this.global_pool, flatten, this.head_drop, this.last_linear] : [];
  }

  classifierNames(): readonly string[] {
    return this.last_linear ? ["last_linear"] : [];
  }
}

/** Figure 3. */
function makeStem(inChannels: number): Module[] {
  return [
    inceptionConv(inChannels, 32, 3, HALVING),
    inceptionConv(32, 32, 3, VALID),
    inceptionConv(32, 64, 3),
    new Branches({ maxpool: makeBranch(64, ["max"]), conv: inceptionConv(64, 96, 3, HALVING) }),
    new Branches(makeBranches(160, MIXED_4A)),
    new Branches({ conv: inceptionConv(192, 192, 3, HALVING), maxpool: makeBranch(192, ["max"]) }),
  ];
}

const repeat = (count: number, make: () => Module): Module[] => Array.from({ length: count }, make);

export const inception_v4 = defineModel(
  {
    name: "inception_v4",
    family: "inception",
    inputShape: [3, 299, 299],
    smallSide: 75,
    numClasses: 1000,
    params: 42_679_816,
    gigaMacs: 12.25,
    source: "Szegedy et al. 2017, figures 3 to 9, in timm's form",
    weights: {
      top1: 80.144,
      // 299 / 0.875, rounded down.
      preprocessing: { ...INCEPTION_PREPROCESSING, resize: 341 },
      source: "timm, results-imagenet.csv, inception_v4.tf_in1k",
    },
  },
  (options: ModelOptions) => new InceptionV4(options),
);

/** Every entry of this file. */
export const INCEPTION_V4S: readonly ModelFactory[] = [inception_v4];
