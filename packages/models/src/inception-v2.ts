// Ioffe & Szegedy: "Batch normalization: accelerating deep network training by reducing internal covariate shift", ICML 2015: the
// BN-Inception. Layers carry the names of its Caffe form, as PyTorch checkpoints have them.
import { AdaptiveAvgPool2d, flatten, Linear, MaxPool2d, type Module, type Step } from "@vertebra/core";
import { convSteps, InceptionV2Unit, type NamedConv, namedConv } from "./blocks/inception-v2-unit";
import { Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import type { Stage } from "./stages";

/** Figure 5: #1×1, #3×3 reduce, #3×3, #double 3×3 reduce, #double 3×3, pooling and pool proj. 3c and 4e have stride 2. */
const TABLE = {
  "3a": [64, 64, 64, 64, 96, "avg", 32],
  "3b": [64, 64, 96, 64, 96, "avg", 64],
  "3c": [0, 128, 160, 64, 96, "max", 0],
  "4a": [224, 64, 96, 96, 128, "avg", 128],
  "4b": [192, 96, 128, 96, 128, "avg", 128],
  "4c": [160, 128, 160, 128, 160, "avg", 128],
  "4d": [96, 128, 192, 160, 192, "avg", 128],
  "4e": [0, 128, 192, 192, 256, "max", 0],
  "5a": [352, 192, 320, 160, 224, "avg", 128],
  "5b": [352, 192, 320, 192, 224, "max", 128],
} as const;

/** Channels of the stem's convolutions and of the last map. */
const STEM = { conv1: 64, conv2: 192 } as const;
const LAST = 1024;

/** BN-Inception; x [N, inChannels, H, W] → logits [N, numClasses]. */
export class InceptionV2 extends Classifier {
  last_linear: Linear | null;
  readonly #stem: readonly [conv1: NamedConv, conv2Reduce: NamedConv, conv2: NamedConv];
  readonly #units: readonly InceptionV2Unit[];
  readonly #dropout: number;

  /** The paper leaves dropout out (section 4.2.1). */
  constructor({ numClasses = 1000, inChannels = 3, includeTop = true, dropout = 0 }: ModelOptions = {}) {
    super();
    const { conv1, conv2 } = STEM;
    this.#stem = [
      namedConv("conv1_7x7_s2", [inChannels, conv1], 7, 2),
      namedConv("conv2_3x3_reduce", [conv1, conv1]),
      namedConv("conv2_3x3", [conv1, conv2], 3),
    ];
    this.#units = makeUnits();
    this.last_linear = includeTop ? new Linear(LAST, numClasses) : null;
    this.#dropout = dropout;
  }

  stages(): readonly Stage[] {
    const [conv1, conv2Reduce, conv2] = this.#stem;
    const units = this.#units;
    return [
      { name: "conv1", channels: STEM.conv1, stride: 2, steps: convSteps(conv1) },
      { name: "conv2", channels: STEM.conv2, stride: 4, steps: [POOL, ...convSteps(conv2Reduce, conv2)] },
      { name: "inception_3b", channels: 320, stride: 8, steps: [POOL, ...units.slice(0, 2)] },
      { name: "inception_4d", channels: 608, stride: 16, steps: units.slice(2, 7) },
      { name: "inception_5b", channels: LAST, stride: 32, steps: units.slice(7) },
    ];
  }

  head(): readonly Step[] {
    return this.last_linear ? [AVGPOOL, flatten, ...this.headDropout(this.#dropout), this.last_linear] : [];
  }

  classifierNames(): readonly string[] {
    return this.last_linear ? ["last_linear"] : [];
  }

  /** Every convolution and norm by its whole name: the units are no level of their own in checkpoints. */
  override namedChildren(): [string, Module<unknown>][] {
    const stem = this.#stem.flat().map(([name, layer]): [string, Module] => [name, layer]);
    const top: [string, Module][] = this.last_linear ? [["last_linear", this.last_linear]] : [];
    return [...stem, ...this.#units.flatMap((unit) => unit.namedChildren()), ...top];
  }
}

const POOL = new MaxPool2d({ kernel: 3, stride: 2, ceilMode: true });
const AVGPOOL = new AdaptiveAvgPool2d(1);

function makeUnits(): InceptionV2Unit[] {
  let inChannels: number = STEM.conv2;
  return Object.entries(TABLE).map(([name, [ch1x1, ch3x3red, ch3x3, double3x3red, double3x3, pool, poolProj]]) => {
    const row = { ch1x1, ch3x3red, ch3x3, double3x3red, double3x3, pool, poolProj };
    const unit = new InceptionV2Unit({ name: `inception_${name}`, inChannels, ...row });
    inChannels = unit.channels;
    return unit;
  });
}

export const inception_v2 = defineModel(
  {
    name: "inception_v2",
    family: "inception",
    inputShape: [3, 224, 224],
    smallSide: 32,
    numClasses: 1000,
    params: 11_295_240,
    gigaMacs: 2.03,
    // No `weights`: the published ones take BGR images from 0 to 255, which `Preprocessing` has no words for.
    source: "Ioffe & Szegedy 2015, figure 5; biases as in its Caffe form",
  },
  (options: ModelOptions) => new InceptionV2(options),
);

/** Every entry of this file. */
export const INCEPTION_V2S: readonly ModelFactory[] = [inception_v2];
