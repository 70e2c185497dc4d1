// Huang, Liu, van der Maaten, Weinberger: "Densely connected convolutional networks", CVPR 2017, sections "Composite function"
// and "Bottleneck layers". Memory-efficient form: Pleiss et al. 2017, "Memory-efficient implementation of DenseNets".
import {
  BatchNorm2d,
  Conv2d,
  chain,
  checkpoint,
  concat,
  dropout,
  kaimingNormal,
  Module,
  ReLU,
  type Step,
  Tensor,
  zerosInit,
} from "@vertebra/core";

export interface DenseLayerOptions {
  readonly inChannels: number;
  /** Channels out: what the layer adds to the features, k in the paper. */
  readonly growthRate: number;
  /** Channels of the bottleneck for each of `growthRate`. Default: 4. */
  readonly bnSize?: number;
  /** Probability of dropping an output in training. Default: 0. */
  readonly dropRate?: number;
  /** In training joins, normalises and reduces the features again in backward instead of keeping them joined. Default: false. */
  readonly memoryEfficient?: boolean;
  /** Biases in the convolutions. Default: false. */
  readonly bias?: boolean;
}

/** He et al. 2015 by the inputs, as torchvision initialises every convolution of its DenseNets. */
const weightInit = kaimingNormal("fanIn");

/**
 * conv3×3(relu(norm(conv1×1(relu(norm(x)))))), the new features alone: x [N, inChannels, H, W], whole or in parts along the
 * channels, → [N, growthRate, H, W].
 */
export class DenseLayer extends Module {
  readonly norm1: BatchNorm2d;
  readonly relu1: ReLU;
  readonly conv1: Conv2d;
  readonly norm2: BatchNorm2d;
  readonly relu2: ReLU;
  readonly conv2: Conv2d;
  readonly #dropRate: number;
  readonly #memoryEfficient: boolean;

  constructor({ inChannels, growthRate, bnSize = 4, dropRate = 0, memoryEfficient = false, bias = false }: DenseLayerOptions) {
    super();
    const width = bnSize * growthRate;
    this.norm1 = new BatchNorm2d(inChannels);
    this.relu1 = new ReLU({ inplace: true });
    this.conv1 = new Conv2d(inChannels, width, { kernel: 1, bias, weightInit, biasInit: zerosInit });
    this.norm2 = new BatchNorm2d(width);
    this.relu2 = new ReLU({ inplace: true });
    this.conv2 = new Conv2d(width, growthRate, { kernel: 3, padding: 1, bias, weightInit, biasInit: zerosInit });
    this.#dropRate = dropRate;
    this.#memoryEfficient = memoryEfficient;
  }

  forward(features: Tensor | readonly [Tensor, ...Tensor[]]): Tensor {
    const { norm1, relu1, conv1, norm2, relu2, conv2 } = this;
    const drop: Step = (y) => dropout(y, { p: this.#dropRate, training: this.isTraining });
    const parts = features instanceof Tensor ? ([features] as const) : features;
    if (!this.recomputes) return chain(joined(parts), norm1, relu1, conv1, norm2, relu2, conv2, drop);
    const reduce = (...inputs: Tensor[]) => chain(joined(inputs), norm1, relu1, conv1);
    const reduced = checkpoint(reduce, parts, [...norm1.parameters(), ...conv1.parameters()]);
    return chain(reduced, norm2, relu2, conv2, drop);
  }

  /** Whether backward joins the features once more: then they are best given in parts, which others keep anyway. */
  get recomputes(): boolean {
    return this.#memoryEfficient && this.isTraining;
  }

  override get typeName(): string {
    return "_DenseLayer";
  }
}

const joined = (parts: readonly Tensor[]): Tensor => (parts.length === 1 ? (parts[0] as Tensor) : concat(parts, 1));
