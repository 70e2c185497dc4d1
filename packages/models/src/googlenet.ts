// Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich: "Going deeper with convolutions", CVPR 2015; as in
// the paper, and in torchvision's form.
import {
  AdaptiveAvgPool2d,
  asLayer,
  type Conv2d,
  Dropout,
  flatten,
  Linear,
  LocalResponseNorm,
  MaxPool2d,
  type Step,
  scoped,
  type Tensor,
} from "@vertebra/core";
import type { BasicConv2d } from "./blocks/basic-conv2d";
import { activated, GOOGLENET_INIT, type GoogLeNetForm, googLeNetConv } from "./blocks/googlenet-conv";
import { Inception } from "./blocks/inception";
import { InceptionAux } from "./blocks/inception-aux";
import { transformInput } from "./blocks/transform-input";
import { type AuxOutput, Classifier } from "./classifier";
import { defineModel, type ModelFactory, type ModelOptions } from "./define-model";
import { INCEPTION_PREPROCESSING } from "./preprocessing";
import type { Stage } from "./stages";

/** Table 1: channels in, #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5 and pool proj of the inception rows. */
const TABLE = {
  "3a": [192, 64, 96, 128, 16, 32, 32],
  "3b": [256, 128, 128, 192, 32, 96, 64],
  "4a": [480, 192, 96, 208, 16, 48, 64],
  "4b": [512, 160, 112, 224, 24, 64, 64],
  "4c": [512, 128, 128, 256, 24, 64, 64],
  "4d": [512, 112, 144, 288, 32, 64, 64],
  "4e": [528, 256, 160, 320, 32, 128, 128],
  "5a": [832, 256, 160, 320, 32, 128, 128],
  "5b": [832, 384, 192, 384, 48, 128, 128],
} as const;

/** Channels of 4a's, 4d's and 5b's maps, which classifiers read. */
const CHANNELS = { "4a": 512, "4d": 528, "5b": 1024 } as const;

/** What the forms differ in besides their convolutions: the last pool's kernel, response norms, and dropout. */
const FORMS = {
  torchvision: { lastPool: 2, responseNorm: false, dropout: 0.2 },
  "2014": { lastPool: 3, responseNorm: true, dropout: 0.4 },
} as const;

export interface GoogLeNet2014Options extends ModelOptions {
  /** Auxiliary classifiers on the maps of 4a and 4d, which run in training only. Default: true. */
  readonly auxLogits?: boolean;
  /** Probability of dropping an input of an auxiliary classifier's last layer. Default: 0.7, or 0 where `dropout` is 0. */
  readonly auxDropout?: number;
}

export interface GoogLeNetOptions extends GoogLeNet2014Options {
  /** Takes images normalised by ImageNet's statistics to [−1, 1], as torchvision's published weights want them. Default: false. */
  readonly transformInput?: boolean;
}

/** Inception v1 with torchvision's parameter names; x [N, inChannels, H, W] → logits [N, numClasses]. */
export class GoogLeNet extends Classifier {
  readonly conv1: BasicConv2d | Conv2d;
  readonly maxpool1: MaxPool2d;
  readonly norm1: LocalResponseNorm | null;
  readonly conv2: BasicConv2d | Conv2d;
  readonly conv3: BasicConv2d | Conv2d;
  readonly norm2: LocalResponseNorm | null;
  readonly maxpool2: MaxPool2d;
  readonly inception3a: Inception;
  readonly inception3b: Inception;
  readonly maxpool3: MaxPool2d;
  readonly inception4a: Inception;
  readonly inception4b: Inception;
  readonly inception4c: Inception;
  readonly inception4d: Inception;
  readonly inception4e: Inception;
  readonly maxpool4: MaxPool2d;
  readonly inception5a: Inception;
  readonly inception5b: Inception;
  readonly aux1: InceptionAux | null;
  readonly aux2: InceptionAux | null;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly dropout: Dropout;
  fc: Linear | null;
  readonly #input: readonly Step[];

  constructor(form: GoogLeNetForm, options: GoogLeNetOptions = {}) {
    super();
    const { lastPool, responseNorm, dropout: paperDropout } = FORMS[form];
    const { numClasses = 1000, inChannels = 3, includeTop = true, dropout = paperDropout, auxLogits = true } = options;
    const { auxDropout = dropout === 0 ? 0 : 0.7 } = options;
    const pool = (kernel = 3) => new MaxPool2d({ kernel, stride: 2, ceilMode: true });
    const norm = () => (responseNorm ? new LocalResponseNorm(5, { alpha: 1e-4, beta: 0.75, k: 1 }) : null);
    const inception = (row: keyof typeof TABLE) => makeInception(TABLE[row], form);
    const aux = (row: "4a" | "4d") =>
      includeTop && auxLogits ? new InceptionAux({ inChannels: CHANNELS[row], numClasses, dropout: auxDropout, form }) : null;
    this.conv1 = googLeNetConv(form, { inChannels, outChannels: 64, kernel: 7, stride: 2, padding: 3 });
    this.maxpool1 = pool();
    this.norm1 = norm();
    this.conv2 = googLeNetConv(form, { inChannels: 64, outChannels: 64, kernel: 1 });
    this.conv3 = googLeNetConv(form, { inChannels: 64, outChannels: 192, kernel: 3, padding: 1 });
    this.norm2 = norm();
    this.maxpool2 = pool();
    this.inception3a = inception("3a");
    this.inception3b = inception("3b");
    this.maxpool3 = pool();
    this.inception4a = inception("4a");
    this.inception4b = inception("4b");
    this.inception4c = inception("4c");
    this.inception4d = inception("4d");
    this.inception4e = inception("4e");
    this.maxpool4 = pool(lastPool);
    this.inception5a = inception("5a");
    this.inception5b = inception("5b");
    this.aux1 = aux("4a");
    this.aux2 = aux("4d");
    this.avgpool = new AdaptiveAvgPool2d([1, 1]);
    this.dropout = new Dropout(dropout);
    const init = form === "torchvision" ? { weightInit: GOOGLENET_INIT } : {};
    this.fc = includeTop ? new Linear(CHANNELS["5b"], numClasses, init) : null;
    this.#input = options.transformInput ? [transformInput(inChannels)] : [];
  }

  stages(): readonly Stage[] {
    const { conv1, maxpool1, norm1, conv2, conv3, norm2, maxpool2, maxpool4 } = this;
    const { inception3a, inception3b, inception5a, inception5b } = this;
    return [
      { name: "conv1", channels: 64, stride: 2, steps: [...this.#input, ...activated(conv1)] },
      { name: "conv3", channels: 192, stride: 4, steps: activated(maxpool1, norm1, conv2, conv3, norm2) },
      { name: "inception3b", channels: 480, stride: 8, steps: [maxpool2, inception3a, inception3b] },
      { name: "inception4e", channels: 832, stride: 16, steps: this.#fourth().flat() },
      { name: "inception5b", channels: CHANNELS["5b"], stride: 32, steps: [maxpool4, inception5a, inception5b] },
    ];
  }

  head(): readonly Step[] {
    return this.fc ? [this.avgpool, flatten, this.dropout, this.fc] : [];
  }

  classifierNames(): readonly string[] {
    if (!this.fc) return [];
    return this.aux1 ? ["fc", "aux1.fc2", "aux2.fc2"] : ["fc"];
  }

  /** Section 5 of the paper. */
  override get auxWeight(): number {
    return 0.3;
  }

  /** Logits, and in training those of aux1 (on 4a's map) and aux2 (on 4d's). */
  override forwardAux(x: Tensor): AuxOutput {
    const { aux1, aux2 } = this;
    if (!this.isTraining || !aux1 || !aux2) return super.forwardAux(x);
    const parts = this.stages().flatMap((stage): Stage[] =>
      stage.name === "inception4e" ? this.#fourth().map((steps, i) => ({ ...stage, name: `fourth ${i}`, steps })) : [stage],
    );
    return asLayer(this, () =>
      scoped(() => {
        const named = parts.map((part) => [part.name, this.stepsOf(part)] as const);
        const { output, maps } = this.run(x, [...named, ["", this.head()]], ["fourth 0", "fourth 1"]);
        return { logits: output, aux: [aux1.forward(maps[0] as Tensor), aux2.forward(maps[1] as Tensor)] };
      }),
    );
  }

  /** The stage at stride 16, cut behind the maps that auxiliary classifiers read. */
  #fourth(): readonly (readonly Step[])[] {
    const { maxpool3, inception4a, inception4b, inception4c, inception4d, inception4e } = this;
    return [[maxpool3, inception4a], [inception4b, inception4c, inception4d], [inception4e]];
  }
}

function makeInception(row: (typeof TABLE)[keyof typeof TABLE], form: GoogLeNetForm): Inception {
  const [inChannels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, poolProj] = row;
  return new Inception({ inChannels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, poolProj, form });
}

const SOURCE = "torchvision 0.14, table of classification weights, IMAGENET1K_V1";

const AUX_OPTIONS = { auxLogits: "optional", auxDropout: "optional" } as const;

const SHARED = { family: "inception", inputShape: [3, 224, 224], smallSide: 32, numClasses: 1000 } as const;

/** Its parameters count the auxiliary classifiers, which torchvision's table (6,624,904) and published weights leave out. */
export const googlenet = defineModel(
  {
    ...SHARED,
    name: "googlenet",
    params: 13_004_888,
    gigaMacs: 1.5,
    source: SOURCE,
    weights: {
      top1: 69.778,
      // torchvision normalises by ImageNet's statistics, and its transform_input to these.
      preprocessing: { ...INCEPTION_PREPROCESSING, resize: 256, crop: 224, interpolation: "bilinear" },
      source: SOURCE,
    },
  },
  (options: GoogLeNetOptions) => new GoogLeNet("torchvision", options),
  { ...AUX_OPTIONS, transformInput: "optional" },
);

/** The paper's form: biases in place of batch norm, 5×5 branches and local response norm. */
export const googlenet_2014 = defineModel(
  {
    ...SHARED,
    name: "googlenet_2014",
    params: 13_378_280,
    gigaMacs: 1.58,
    source: "Szegedy et al. 2015, table 1 and section 5, with the auxiliary classifiers",
  },
  (options: GoogLeNet2014Options) => new GoogLeNet("2014", options),
  AUX_OPTIONS,
);

/** Every entry of this file. */
export const GOOGLENETS: readonly ModelFactory[] = [googlenet, googlenet_2014];
