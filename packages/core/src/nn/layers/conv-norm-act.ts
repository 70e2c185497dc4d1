import { type Pair, toPair } from "../../shape";
import type { Module } from "../module";
import { ReLU } from "./activations";
import { BatchNorm2d, type BatchNorm2dOptions } from "./batch-norm";
import { Conv2d, type Conv2dLayerOptions } from "./conv2d";
import { Sequential } from "./sequential";

/** Padding defaults to half the dilated kernel, which keeps the size at stride 1. */
export interface ConvNormActOptions extends Omit<Conv2dLayerOptions, "bias"> {
  /** Options of the batch norm; false for none, and a bias instead. */
  readonly norm?: BatchNorm2dOptions | false;
  /** Default: ReLU; null for none. */
  readonly activation?: Module | null;
}

/** Convolution, batch norm and activation; children "0", "1", "2" as torchvision's Conv2dNormActivation. */
export class ConvNormAct extends Sequential {
  constructor(inChannels: number, outChannels: number, options: ConvNormActOptions) {
    const {
      norm: normOptions = {},
      activation = new ReLU({ inplace: true }),
      padding = samePadding(options),
      ...convOptions
    } = options;
    const conv = new Conv2d(inChannels, outChannels, { ...convOptions, padding, bias: normOptions === false });
    const norm = normOptions === false ? null : new BatchNorm2d(outChannels, normOptions);
    super([conv, norm, activation].filter((layer): layer is Module => layer !== null));
  }

  override get typeName(): string {
    return "Conv2dNormActivation";
  }
}

function samePadding({ kernel, dilation = 1 }: { readonly kernel: Pair; readonly dilation?: Pair }): Pair {
  const [sizes, steps] = [toPair(kernel), toPair(dilation)];
  return [((sizes[0] - 1) >> 1) * steps[0], ((sizes[1] - 1) >> 1) * steps[1]];
}
