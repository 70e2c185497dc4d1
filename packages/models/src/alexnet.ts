// Krizhevsky, Sutskever, Hinton: "ImageNet classification with deep convolutional neural networks", NIPS 2012; torchvision's form
// is that of Krizhevsky: "One weird trick for parallelizing convolutional neural networks", 2014.
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Dropout,
  flatten,
  Linear,
  LocalResponseNorm,
  MaxPool2d,
  ReLU,
  Sequential,
  type Step,
} from "@vertebra/core";
import { flattenInto } from "./blocks/flatten-into";
import { Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import { IMAGENET_PREPROCESSING } from "./preprocessing";
import type { Stage } from "./stages";

/** One convolution: its side, channels, and how it moves. */
interface ConvRow {
  readonly channels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding: number;
  /** Halves of the network that see only their own half of the channels before; the paper's two GPUs. */
  readonly groups?: number;
  /** Side of the image by side of the map. */
  readonly reduction: number;
}

/** The convolutions of 2014: one tower, fewer channels. */
const ROWS_2014: readonly ConvRow[] = [
  { channels: 64, kernel: 11, stride: 4, padding: 2, reduction: 4 },
  { channels: 192, kernel: 5, padding: 2, reduction: 8 },
  { channels: 384, kernel: 3, padding: 1, reduction: 16 },
  { channels: 256, kernel: 3, padding: 1, reduction: 16 },
  { channels: 256, kernel: 3, padding: 1, reduction: 16 },
];

/** Figure 2 of the paper. */
const ROWS_2012: readonly ConvRow[] = [
  { channels: 96, kernel: 11, stride: 4, padding: 2, reduction: 4 },
  { channels: 256, kernel: 5, padding: 2, groups: 2, reduction: 8 },
  { channels: 384, kernel: 3, padding: 1, reduction: 16 },
  { channels: 384, kernel: 3, padding: 1, groups: 2, reduction: 16 },
  { channels: 256, kernel: 3, padding: 1, groups: 2, reduction: 16 },
];

/** Channels and side of the last map of a 224 × 224 image, and features of the hidden linear layers. */
const LAST = 256;
const SIDE = 6;
const IMAGE_SIDE = 224;
const HIDDEN = 4096;

const makeConv = (row: ConvRow, inChannels: number): Conv2d => new Conv2d(inChannels, row.channels, row);
const overlappingPool = (): MaxPool2d => new MaxPool2d({ kernel: 3, stride: 2 });

const makeStages = (rows: readonly ConvRow[], steps: readonly (readonly Step[])[]): Stage[] =>
  rows.map(({ channels, reduction }, i) => ({
    name: `conv${i + 1}`,
    channels,
    stride: reduction,
    steps: steps[i] as readonly Step[],
  }));

/** torchvision's form: 64-192-384-256-256, no response norm; x [N, inChannels, H, W] → logits [N, numClasses]. */
export class AlexNet extends Classifier {
  readonly features_: Sequential;
  readonly avgpool: AdaptiveAvgPool2d | null;
  readonly classifier: Sequential | null;

  constructor({ numClasses = 1000, inChannels = 3, includeTop = true, dropout = 0.5 }: ModelOptions = {}) {
    super();
    const convs = ROWS_2014.map((row, i) => makeConv(row, ROWS_2014[i - 1]?.channels ?? inChannels));
    const relu = () => new ReLU({ inplace: true });
    const layers = convs.map((conv, i) => [conv, relu(), ...(i < 2 || i === 4 ? [overlappingPool()] : [])]);
    this.features_ = new Sequential(layers.flat());
    this.avgpool = includeTop ? new AdaptiveAvgPool2d([SIDE, SIDE]) : null;
    const hidden = (features: number) => [new Dropout(dropout), new Linear(features, HIDDEN), relu()];
    this.classifier = includeTop
      ? new Sequential([...hidden(LAST * SIDE * SIDE), ...hidden(HIDDEN), new Linear(HIDDEN, numClasses)])
      : null;
  }

  stages(): readonly Stage[] {
    const { layers } = this.features_;
    const ends = [0, 2, 5, 8, 10, 12];
    return makeStages(
      ROWS_2014,
      ROWS_2014.map((_, i) => layers.slice(ends[i], ends[i + 1])),
    );
  }

  head(): readonly Step[] {
    const { avgpool, classifier, features_ } = this;
    const pool = features_.layers.at(-1) as MaxPool2d;
    return avgpool && classifier ? [pool, avgpool, flatten, ...classifier.layers] : [pool];
  }

  classifierNames(): readonly string[] {
    return this.classifier ? ["classifier.6"] : [];
  }
}

/** The paper's form: 96-256-384-384-256 in two groups, with local response norm and overlapping pools; x [N, inChannels, 224, 224] → [N, numClasses]. */
export class AlexNet2012 extends Classifier {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly conv3: Conv2d;
  readonly conv4: Conv2d;
  readonly conv5: Conv2d;
  readonly fc1: Linear | null;
  readonly fc2: Linear | null;
  fc3: Linear | null;
  readonly #dropout: number;

  constructor({ numClasses = 1000, inChannels = 3, includeTop = true, dropout = 0.5 }: ModelOptions = {}) {
    super();
    const convs = ROWS_2012.map((row, i) => makeConv(row, ROWS_2012[i - 1]?.channels ?? inChannels));
    [this.conv1, this.conv2, this.conv3, this.conv4, this.conv5] = convs as [Conv2d, Conv2d, Conv2d, Conv2d, Conv2d];
    this.fc1 = includeTop ? new Linear(LAST * SIDE * SIDE, HIDDEN) : null;
    this.fc2 = includeTop ? new Linear(HIDDEN, HIDDEN) : null;
    this.fc3 = includeTop ? new Linear(HIDDEN, numClasses) : null;
    this.#dropout = dropout;
  }

  stages(): readonly Stage[] {
    const { conv1, conv2, conv3, conv4, conv5 } = this;
    const convs = [conv1, conv2, conv3, conv4, conv5];
    // Response norm and pool follow conv1 and conv2: they open the stage after.
    return makeStages(
      ROWS_2012,
      convs.map((conv, i) => [...(i === 1 || i === 2 ? [RESPONSE_NORM, POOL] : []), conv, RELU]),
    );
  }

  head(): readonly Step[] {
    const { fc1, fc2, fc3 } = this;
    if (!fc1 || !fc2 || !fc3) return [POOL];
    const flat = flattenInto(fc1, { map: [LAST, SIDE, SIDE], imageSide: IMAGE_SIDE });
    const drop = this.headDropout(this.#dropout);
    return [POOL, flat, ...drop, fc1, RELU, ...drop, fc2, RELU, fc3];
  }

  classifierNames(): readonly string[] {
    return this.fc3 ? ["fc3"] : [];
  }
}

const RELU = new ReLU();
const POOL = overlappingPool();
/** Section 3.3: k = 2, n = 5, α = 1e-4, β = 0.75; torch divides α by n. */
const RESPONSE_NORM = new LocalResponseNorm(5, { alpha: 5e-4, beta: 0.75, k: 2 });

/** The tutorials' form: the paper's channels in one group, no response norm, no dropout, linear layers without activation; x [N, inChannels, 224, 224] → [N, numClasses]. */
export class AlexNetPlain extends Classifier {
  readonly conv1: Sequential;
  readonly conv2: Sequential;
  readonly conv3: Sequential;
  readonly conv4: Sequential;
  readonly conv5: Sequential;
  readonly fc1: Linear | null;
  readonly fc2: Linear | null;
  fc3: Linear | null;
  readonly #dropout: number;

  constructor({ numClasses = 1000, inChannels = 3, includeTop = true, dropout = 0 }: ModelOptions = {}) {
    super();
    const sequences = ROWS_2012.map((row, i) => {
      const conv = makeConv({ ...row, groups: 1 }, ROWS_2012[i - 1]?.channels ?? inChannels);
      const pools = i < 2 ? [overlappingPool()] : i === 4 ? [new MaxPool2d({ kernel: 2 })] : [];
      return new Sequential([conv, new ReLU(), ...pools]);
    });
    type Five = [Sequential, Sequential, Sequential, Sequential, Sequential];
    [this.conv1, this.conv2, this.conv3, this.conv4, this.conv5] = sequences as Five;
    this.fc1 = includeTop ? new Linear(LAST * SIDE * SIDE, HIDDEN) : null;
    this.fc2 = includeTop ? new Linear(HIDDEN, HIDDEN) : null;
    this.fc3 = includeTop ? new Linear(HIDDEN, numClasses) : null;
    this.#dropout = dropout;
  }

  override get typeName(): string {
    return "AlexNet";
  }

  stages(): readonly Stage[] {
    const sequences = [this.conv1, this.conv2, this.conv3, this.conv4, this.conv5].map(({ layers }) => layers);
    return makeStages(
      ROWS_2012,
      sequences.map((layers, i) => [...(sequences[i - 1]?.slice(2) ?? []), ...layers.slice(0, 2)]),
    );
  }

  head(): readonly Step[] {
    const { fc1, fc2, fc3, conv5 } = this;
    const pools = conv5.layers.slice(2);
    if (!fc1 || !fc2 || !fc3) return pools;
    const flat = flattenInto(fc1, { map: [LAST, SIDE, SIDE], imageSide: IMAGE_SIDE });
    const drop = this.headDropout(this.#dropout);
    return [...pools, flat, ...drop, fc1, ...drop, fc2, fc3];
  }

  classifierNames(): readonly string[] {
    return this.fc3 ? ["fc3"] : [];
  }
}

const SOURCE = "torchvision 0.14, table of classification weights, IMAGENET1K_V1";
const SHAPE = { family: "alexnet", inputShape: [3, 224, 224], numClasses: 1000 } as const;

export const alexnet = defineModel(
  {
    ...SHAPE,
    name: "alexnet",
    smallSide: 64,
    params: 61_100_840,
    gigaMacs: 0.71,
    source: SOURCE,
    weights: { top1: 56.522, preprocessing: IMAGENET_PREPROCESSING, source: SOURCE },
  },
  (options: ModelOptions) => new AlexNet(options),
);

export const alexnet_2012 = defineModel(
  {
    ...SHAPE,
    name: "alexnet_2012",
    smallSide: IMAGE_SIDE,
    params: 60_965_224,
    gigaMacs: 0.72,
    source: "Krizhevsky et al. 2012, figure 2 (60 million parameters); counts by layer",
  },
  (options: ModelOptions) => new AlexNet2012(options),
);

export const alexnet_plain = defineModel(
  {
    ...SHAPE,
    name: "alexnet_plain",
    smallSide: IMAGE_SIDE,
    params: 62_378_344,
    gigaMacs: 1.14,
    source: "Krizhevsky et al. 2012, figure 2 without groups; counts by layer",
  },
  (options: ModelOptions) => new AlexNetPlain(options),
);

/** Every entry of this file. */
export const ALEXNETS: readonly ModelFactory[] = [alexnet, alexnet_2012, alexnet_plain];
