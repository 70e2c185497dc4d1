// Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision", CVPR 2016; in the form
// of torchvision.
import { AdaptiveAvgPool2d, asLayer, Dropout, flatten, Linear, MaxPool2d, type Step, scoped, type Tensor } from "@vertebra/core";
import type { BasicConv2d } from "./blocks/basic-conv2d";
import { InceptionA } from "./blocks/inception-a";
import { InceptionB } from "./blocks/inception-b";
import { InceptionC } from "./blocks/inception-c";
import { HALVING, V3_INIT, VALID, v3Conv } from "./blocks/inception-conv";
import { InceptionD } from "./blocks/inception-d";
import { InceptionE } from "./blocks/inception-e";
import { InceptionV3Aux } from "./blocks/inception-v3-aux";
import { transformInput } from "./blocks/transform-input";
import { type AuxOutput, Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import { INCEPTION_PREPROCESSING } from "./preprocessing";
import type { Stage } from "./stages";

export interface InceptionV3Options extends ModelOptions {
  /** An auxiliary head behind Mixed_6e, used in training alone. Default: true. */
  readonly auxLogits?: boolean;
  /** Takes images normalised by ImageNet's statistics to those of the weights ported from TensorFlow. Default: false. */
  readonly transformInput?: boolean;
}

/** Inception v3 with torchvision's parameter names; x [N, inChannels, H, W] → logits [N, numClasses], H and W from 75. */
export class InceptionV3 extends Classifier {
  readonly Conv2d_1a_3x3: BasicConv2d;
  readonly Conv2d_2a_3x3: BasicConv2d;
  readonly Conv2d_2b_3x3: BasicConv2d;
  readonly maxpool1: MaxPool2d;
  readonly Conv2d_3b_1x1: BasicConv2d;
  readonly Conv2d_4a_3x3: BasicConv2d;
  readonly maxpool2: MaxPool2d;
  readonly Mixed_5b: InceptionA;
  readonly Mixed_5c: InceptionA;
  readonly Mixed_5d: InceptionA;
  readonly Mixed_6a: InceptionB;
  readonly Mixed_6b: InceptionC;
  readonly Mixed_6c: InceptionC;
  readonly Mixed_6d: InceptionC;
  readonly Mixed_6e: InceptionC;
  readonly AuxLogits: InceptionV3Aux | null;
  readonly Mixed_7a: InceptionD;
  readonly Mixed_7b: InceptionE;
  readonly Mixed_7c: InceptionE;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly dropout: Dropout;
  fc: Linear | null;
  readonly #input: readonly Step[];

  constructor(options: InceptionV3Options = {}) {
    super();
    const { numClasses = 1000, inChannels = 3, includeTop = true, dropout = 0.5, auxLogits = true } = options;
    this.#input = options.transformInput ? [transformInput(inChannels)] : [];
    this.Conv2d_1a_3x3 = v3Conv(inChannels, 32, 3, HALVING);
    this.Conv2d_2a_3x3 = v3Conv(32, 32, 3, VALID);
    this.Conv2d_2b_3x3 = v3Conv(32, 64, 3);
    this.maxpool1 = new MaxPool2d({ kernel: 3, stride: 2 });
    this.Conv2d_3b_1x1 = v3Conv(64, 80, 1);
    this.Conv2d_4a_3x3 = v3Conv(80, 192, 3, VALID);
    this.maxpool2 = new MaxPool2d({ kernel: 3, stride: 2 });
    this.Mixed_5b = new InceptionA({ inChannels: 192, poolFeatures: 32 });
    this.Mixed_5c = new InceptionA({ inChannels: 256, poolFeatures: 64 });
    this.Mixed_5d = new InceptionA({ inChannels: 288, poolFeatures: 64 });
    this.Mixed_6a = new InceptionB({ inChannels: 288 });
    this.Mixed_6b = new InceptionC({ inChannels: 768, channels7x7: 128 });
    this.Mixed_6c = new InceptionC({ inChannels: 768, channels7x7: 160 });
    this.Mixed_6d = new InceptionC({ inChannels: 768, channels7x7: 160 });
    this.Mixed_6e = new InceptionC({ inChannels: 768, channels7x7: 192 });
    this.AuxLogits = includeTop && auxLogits ? new InceptionV3Aux({ inChannels: 768, numClasses }) : null;
    this.Mixed_7a = new InceptionD({ inChannels: 768 });
    this.Mixed_7b = new InceptionE({ inChannels: 1280 });
    this.Mixed_7c = new InceptionE({ inChannels: 2048 });
    this.avgpool = new AdaptiveAvgPool2d([1, 1]);
    this.dropout = new Dropout(dropout);
    this.fc = includeTop ? new Linear(2048, numClasses, { weightInit: V3_INIT }) : null;
  }

  stages(): readonly Stage[] {
    const { Conv2d_1a_3x3, Conv2d_2a_3x3, Conv2d_2b_3x3, maxpool1, Conv2d_3b_1x1, Conv2d_4a_3x3, maxpool2 } = this;
    const { Mixed_5b, Mixed_5c, Mixed_5d, Mixed_6a, Mixed_6b, Mixed_6c, Mixed_6d, Mixed_6e, Mixed_7a, Mixed_7b, Mixed_7c } = this;
    const stem = [...this.#input, Conv2d_1a_3x3, Conv2d_2a_3x3, Conv2d_2b_3x3];
    return [
      { name: "Conv2d_2b_3x3", channels: 64, stride: 2, steps: stem },
      { name: "Conv2d_4a_3x3", channels: 192, stride: 4, steps: [maxpool1, Conv2d_3b_1x1, Conv2d_4a_3x3] },
      { name: "Mixed_5d", channels: 288, stride: 8, steps: [maxpool2, Mixed_5b, Mixed_5c, Mixed_5d] },
      { name: "Mixed_6e", channels: 768, stride: 16, steps: [Mixed_6a, Mixed_6b, Mixed_6c, Mixed_6d, Mixed_6e] },
      { name: "Mixed_7c", channels: 2048, stride: 32, steps: [Mixed_7a, Mixed_7b, Mixed_7c] },
    ];
  }

  head(): readonly Step[] {
    return this.fc ? [this.avgpool, this.dropout, flatten, this.fc] : [];
  }

  classifierNames(): readonly string[] {
    return [...(this.fc ? ["fc"] : []), ...(this.AuxLogits ? ["AuxLogits.fc"] : [])];
  }

  /** torchvision's. */
  override get typeName(): string {
    return "Inception3";
  }

  override get auxWeight(): number {
    return 0.4;
  }

  /** @throws ShapeError naming AuxLogits for training images smaller than 299 × 299. */
  override forwardAux(x: Tensor): AuxOutput {
    const { AuxLogits } = this;
    if (!AuxLogits || !this.isTraining) return super.forwardAux(x);
    return asLayer(this, () =>
      scoped(() => {
        const { output, intermediates } = this.forwardIntermediates(x, { stages: ["Mixed_6e"] });
        return { logits: output, aux: intermediates.map((map) => AuxLogits.forward(map)) };
      }),
    );
  }
}

const SOURCE = "torchvision 0.14, table of classification weights, IMAGENET1K_V1";

export const inception_v3 = defineModel(
  {
    name: "inception_v3",
    family: "inception",
    inputShape: [3, 299, 299],
    smallSide: 75,
    numClasses: 1000,
    params: 27_161_264,
    gigaMacs: 5.71,
    source: SOURCE,
    weights: {
      top1: 77.294,
      // torchvision normalises by ImageNet's statistics, and its transform_input to these.
      preprocessing: { ...INCEPTION_PREPROCESSING, resize: 342, crop: 299, interpolation: "bilinear" },
      source: SOURCE,
    },
  },
  (options: InceptionV3Options) => new InceptionV3(options),
  { auxLogits: "optional", transformInput: "optional" },
);

/** Every entry of this file. */
export const INCEPTION_V3S: readonly ModelFactory[] = [inception_v3];
