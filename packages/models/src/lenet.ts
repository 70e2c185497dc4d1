// LeCun, Bottou, Bengio, Haffner: "Gradient-based learning applied to document recognition", Proceedings of the IEEE 1998.
import { Conv2d, Linear, MaxPool2d, ReLU, type Step, Tanh } from "@vertebra/core";
import { flattenInto } from "./blocks/flatten-into";
import { Subsampling } from "./blocks/subsampling";
import { Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import type { Stage } from "./stages";

/** Channels of the two convolutions and features of the linear layers; the last is the number of classes. */
const C1 = 6;
const C3 = 16;
const C5 = 120;
const F6 = 84;
/** Side of the maps that a 32 × 32 image has left after C3 and its pooling. */
const SIDE = 5;
const IMAGE_SIDE = 32;

export interface LeNet5Options extends ModelOptions {
  /** ReLU between the linear layers too. Default: false. */
  readonly fcActivation?: boolean;
}

/** LeNet-5 as it is taught today: ReLU and max pooling; x [N, 1, 32, 32] → logits [N, 10]. */
export class LeNet5 extends Classifier {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly fc1: Linear | null;
  readonly fc2: Linear | null;
  fc3: Linear | null;
  readonly #between: readonly Step[];

  constructor(options: LeNet5Options = {}) {
    super();
    const { numClasses = 10, inChannels = 1, includeTop = true, dropout = 0, fcActivation = false } = options;
    this.conv1 = new Conv2d(inChannels, C1, { kernel: 5 });
    this.conv2 = new Conv2d(C1, C3, { kernel: 5 });
    this.fc1 = includeTop ? new Linear(C3 * SIDE * SIDE, C5) : null;
    this.fc2 = includeTop ? new Linear(C5, F6) : null;
    this.fc3 = includeTop ? new Linear(F6, numClasses) : null;
    this.#between = [...(fcActivation ? [RELU] : []), ...this.headDropout(dropout)];
  }

  stages(): readonly Stage[] {
    const { conv1, conv2 } = this;
    return [
      { name: "conv1", channels: C1, stride: 2, steps: [conv1, RELU, POOL] },
      { name: "conv2", channels: C3, stride: 4, steps: [conv2, RELU, POOL] },
    ];
  }

  head(): readonly Step[] {
    const { fc1, fc2, fc3 } = this;
    if (!fc1 || !fc2 || !fc3) return [];
    const flat = flattenInto(fc1, { map: [C3, SIDE, SIDE], imageSide: IMAGE_SIDE });
    return [flat, fc1, ...this.#between, fc2, ...this.#between, fc3];
  }

  classifierNames(): readonly string[] {
    return this.fc3 ? ["fc3"] : [];
  }
}

const RELU = new ReLU();
const POOL = new MaxPool2d({ kernel: 2 });

export const lenet5 = defineModel(
  {
    name: "lenet5",
    family: "lenet",
    inputShape: [1, 32, 32],
    smallSide: 32,
    numClasses: 10,
    params: 61_706,
    gigaMacs: 0.000417,
    source: "LeCun et al. 1998, figure 2, with full connections in C3",
  },
  (options: LeNet5Options) => new LeNet5(options),
  { fcActivation: "optional" },
);

/**
 * LeNet-5 as published: subsampling with a trained weight and bias by map, tanh throughout; C3 sees all maps of S2 and the output
 * is linear, without the radial basis functions. x [N, inChannels, 32, 32] → logits [N, numClasses].
 */
export class LeNet51998 extends Classifier {
  readonly conv1: Conv2d;
  readonly pool1: Subsampling;
  readonly conv2: Conv2d;
  readonly pool2: Subsampling;
  readonly conv3: Conv2d | null;
  readonly fc1: Linear | null;
  fc2: Linear | null;
  readonly #dropout: number;

  constructor({ numClasses = 10, inChannels = 1, includeTop = true, dropout = 0 }: ModelOptions = {}) {
    super();
    this.conv1 = new Conv2d(inChannels, C1, { kernel: 5 });
    this.pool1 = new Subsampling({ channels: C1 });
    this.conv2 = new Conv2d(C1, C3, { kernel: 5 });
    this.pool2 = new Subsampling({ channels: C3 });
    this.conv3 = includeTop ? new Conv2d(C3, C5, { kernel: 5 }) : null;
    this.fc1 = includeTop ? new Linear(C5, F6) : null;
    this.fc2 = includeTop ? new Linear(F6, numClasses) : null;
    this.#dropout = dropout;
  }

  override get typeName(): string {
    return "LeNet5";
  }

  stages(): readonly Stage[] {
    const { conv1, pool1, conv2, pool2 } = this;
    return [
      { name: "conv1", channels: C1, stride: 2, steps: [conv1, TANH, pool1, TANH] },
      { name: "conv2", channels: C3, stride: 4, steps: [conv2, TANH, pool2, TANH] },
    ];
  }

  head(): readonly Step[] {
    const { conv3, fc1, fc2 } = this;
    if (!conv3 || !fc1 || !fc2) return [];
    const flat = flattenInto(fc1, { map: [C5, 1, 1], imageSide: IMAGE_SIDE });
    return [conv3, TANH, flat, fc1, TANH, ...this.headDropout(this.#dropout), fc2];
  }

  classifierNames(): readonly string[] {
    return this.fc2 ? ["fc2"] : [];
  }
}

const TANH = new Tanh();

export const lenet5_1998 = defineModel(
  {
    name: "lenet5_1998",
    family: "lenet",
    inputShape: [1, 32, 32],
    smallSide: 32,
    numClasses: 10,
    params: 61_750,
    gigaMacs: 0.000417,
    source: "LeCun et al. 1998, figure 2, with full connections in C3 and a linear output",
  },
  (options: ModelOptions) => new LeNet51998(options),
);

/** Every entry of this file. */
export const LENETS: readonly ModelFactory[] = [lenet5, lenet5_1998];
