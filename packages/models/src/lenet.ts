// LeCun, Bottou, Bengio, Haffner: "Gradient-based learning applied to document recognition", Proceedings of the IEEE 1998.
import { Conv2d, chain, convNormAct, flatten, Linear, Module, maxPool2d, ReLU, relu, type Tensor } from "@vertebra/core";
import { defineModel, type ModelOptions } from "./define-model";

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
export class LeNet5 extends Module {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly fc1: Linear;
  readonly fc2: Linear;
  readonly fc3: Linear;
  readonly #hasFcActivation: boolean;

  constructor({ numClasses = 10, inChannels = 1, fcActivation = false }: LeNet5Options = {}) {
    super();
    this.conv1 = new Conv2d(inChannels, C1, { kernel: 5 });
    this.conv2 = new Conv2d(C1, C3, { kernel: 5 });
    this.fc1 = new Linear(C3 * SIDE * SIDE, C5);
    this.fc2 = new Linear(C5, F6);
    this.fc3 = new Linear(F6, numClasses);
    this.#hasFcActivation = fcActivation;
  }

  forward(x: Tensor): Tensor {
    const between = this.#hasFcActivation ? [relu] : [];
    return chain(x, convPool(this.conv1), convPool(this.conv2), flatten, this.fc1, ...between, this.fc2, ...between, this.fc3);
  }
}

const RELU = new ReLU();

/** Convolution, ReLU, and the largest of every 2 × 2 values. */
const convPool =
  (conv: Conv2d) =>
  (x: Tensor): Tensor =>
    chain(
      x,
      (image) => convNormAct(image, { conv, activation: RELU }),
      (y) => maxPool2d(y, { kernel: 2 }),
    );

export const lenet5 = defineModel(
  {
    name: "lenet5",
    inputShape: [1, 32, 32],
    numClasses: 10,
    params: 61_706,
    gigaMacs: 0.000417,
    source: "LeCun et al. 1998, figure 2, with full connections in C3",
  },
  (options: LeNet5Options) => new LeNet5(options),
);
