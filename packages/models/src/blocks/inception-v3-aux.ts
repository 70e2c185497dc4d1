// Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision", CVPR 2016, figure 8.
import {
  AdaptiveAvgPool2d,
  avgPool2d,
  chain,
  flatten,
  formatShape,
  Linear,
  Module,
  ShapeError,
  type Tensor,
  truncatedNormalInit,
} from "@vertebra/core";
import type { BasicConv2d } from "./basic-conv2d";
import { VALID, v3Conv } from "./inception-conv";

export interface InceptionV3AuxOptions {
  readonly inChannels: number;
  readonly numClasses: number;
}

/** Pooling by 5 at stride 3 must leave the 5 × 5 that the convolution covers. */
const SIDE = 17;

/** The auxiliary head of Inception v3; x [N, inChannels, H, W] → logits [N, numClasses]. H and W are 17 at least. */
export class InceptionV3Aux extends Module {
  readonly conv0: BasicConv2d;
  readonly conv1: BasicConv2d;
  fc: Linear;

  constructor({ inChannels, numClasses }: InceptionV3AuxOptions) {
    super();
    this.conv0 = v3Conv(inChannels, 128, 1);
    this.conv1 = v3Conv(128, 768, 5, VALID);
    this.fc = new Linear(768, numClasses, { weightInit: truncatedNormalInit(0.001) });
  }

  /** @throws ShapeError for maps smaller than 17 × 17. */
  forward(x: Tensor): Tensor {
    requireLargeMap(x);
    return chain(x, averageOf5x5, this.conv0, this.conv1, POOL, flatten, this.fc);
  }

  override get typeName(): string {
    return "InceptionAux";
  }
}

const POOL = new AdaptiveAvgPool2d([1, 1]);
const averageOf5x5 = (x: Tensor): Tensor => avgPool2d(x, { kernel: 5, stride: 3 });

function requireLargeMap({ shape }: Tensor): void {
  const [, , height = 0, width = 0] = shape;
  if (Math.min(height, width) >= SIDE) return;
  throw new ShapeError("InceptionV3Aux", {
    rule: `x must be at least ${SIDE}×${SIDE}, from images of at least 299×299`,
    got: formatShape(shape),
    fix: "Resize the images to 299×299, or build the model with auxLogits: false",
  });
}
