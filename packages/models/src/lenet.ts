// LeCun, Bottou, Bengio, Haffner: "Gradient-based learning applied to document recognition", Proceedings of the IEEE 1998.
import { Conv2d, flatten, Linear, maxPool2d, ReLU, relu, type Step, type Tensor } from "@vertebra/core";
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
    this.#between = [...(fcActivation ? [relu] : []), ...this.headDropout(dropout)];
  }

  stages(): readonly Stage[] {
    const { conv1, conv2 } = this;
    return [
      { name: "conv1", channels: C1, stride: 2, steps: [conv1, RELU, pool] },
      { name: "conv2", channels: C3, stride: 4, steps: [conv2, RELU, pool] },
    ];
  }

  head(): readonly Step[] {
    const { fc1, fc2, fc3 } = this;
    return fc1 && fc2 && fc3 ? [flatten, fc1, ...this.#between, fc2, ...this.#between, fc3] : [];
  }

  classifierNames(): readonly string[] {
    return this.fc3 ? ["fc3"] : [];
  }
}

const RELU = new ReLU();
const pool = (x: Tensor): Tensor => maxPool2d(x, { kernel: 2 });

export const lenet5 = defineModel(
  {
    name: "lenet5",
    family: "lenet",
    inputShape: [1, 32, 32],
    numClasses: 10,
    params: 61_706,
    gigaMacs: 0.000417,
    source: "LeCun et al. 1998, figure 2, with full connections in C3",
  },
  (options: LeNet5Options) => new LeNet5(options),
);

/** Every entry of this file. */
export const LENETS: readonly ModelFactory[] = [lenet5];
