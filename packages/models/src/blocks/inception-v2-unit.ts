// Ioffe & Szegedy: "Batch normalization: accelerating deep network training by reducing internal covariate shift", ICML 2015.
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  formatShape,
  MaxPool2d,
  Module,
  ReLU,
  ShapeError,
  type Step,
  type Tensor,
} from "@vertebra/core";
import { fork } from "./fork";

/** A row of figure 5. */
export interface InceptionV2UnitOptions {
  /** What the names of its layers begin with: `inception_3a`. */
  readonly name: string;
  readonly inChannels: number;
  /** #1×1; 0 for none in the units that halve the map. */
  readonly ch1x1: number;
  readonly ch3x3red: number;
  readonly ch3x3: number;
  readonly double3x3red: number;
  readonly double3x3: number;
  readonly pool: "avg" | "max";
  /** Pool proj; 0 where the unit halves the map, and passes the pooled input through. */
  readonly poolProj: number;
}

/** A convolution padded by half its kernel and its norm, by name. */
export type NamedConv = readonly [conv: readonly [string, Conv2d], norm: readonly [string, BatchNorm2d]];

/** Convolution and norm `<name>` and `<name>_bn`. The biases, which the norms undo, are in the checkpoints. */
export function namedConv(name: string, [inChannels, outChannels]: readonly [number, number], kernel = 1, stride = 1): NamedConv {
  const conv = new Conv2d(inChannels, outChannels, { kernel, stride, padding: (kernel - 1) / 2 });
  return [
    [name, conv],
    [`${name}_bn`, new BatchNorm2d(outChannels)],
  ];
}

/** The convolutions one after the other, each with norm and ReLU. */
export const convSteps = (...convs: readonly NamedConv[]): Step[] => convs.flatMap(([[, conv], [, norm]]) => [conv, norm, RELU]);

const RELU = new ReLU();

/**
 * Branches of 1×1, 3×3 and two 3×3 convolutions and of pooling, side by side; x [N, inChannels, H, W] → [N, channels, Ho, Wo].
 * The map keeps its size, or is halved in units without a 1×1 branch, which take even sides only. Layers carry whole names
 * (`inception_3a_1x1`), so that a network can list them as its own.
 */
export class InceptionV2Unit extends Module {
  readonly channels: number;
  readonly #convs: readonly NamedConv[];
  readonly #paths: readonly (readonly Step[])[];
  readonly #name: string;
  readonly #stride: number;

  constructor(options: InceptionV2UnitOptions) {
    super();
    const { name, inChannels, ch1x1, ch3x3red, ch3x3, double3x3red, double3x3, poolProj } = options;
    const stride = ch1x1 === 0 ? 2 : 1;
    const conv = (suffix: string, channels: readonly [number, number], kernel?: number, by?: number) =>
      namedConv(`${name}_${suffix}`, channels, kernel, by);
    const one = ch1x1 === 0 ? [] : [conv("1x1", [inChannels, ch1x1])];
    const three = [conv("3x3_reduce", [inChannels, ch3x3red]), conv("3x3", [ch3x3red, ch3x3], 3, stride)];
    const double = [
      conv("double_3x3_reduce", [inChannels, double3x3red]),
      conv("double_3x3_1", [double3x3red, double3x3], 3),
      conv("double_3x3_2", [double3x3, double3x3], 3, stride),
    ];
    const projection = poolProj === 0 ? [] : [conv("pool_proj", [inChannels, poolProj])];
    this.#name = name;
    this.#stride = stride;
    this.channels = ch1x1 + ch3x3 + double3x3 + (poolProj || inChannels);
    this.#convs = [...one, ...three, ...double, ...projection];
    this.#paths = [
      ...(one.length > 0 ? [convSteps(...one)] : []),
      convSteps(...three),
      convSteps(...double),
      [makePool(options.pool, stride), ...convSteps(...projection)],
    ];
  }

  /** @throws ShapeError naming the unit, for odd sides to halve. */
  forward(x: Tensor): Tensor {
    if (this.#stride === 2) this.#requireEven(x);
    return fork(...this.#paths)(x);
  }

  override namedChildren(): [string, Module<unknown>][] {
    return this.#convs.flat().map(([name, layer]) => [name, layer]);
  }

  /** Of an odd side the convolutions make one place more than the pooling, which has no padding. */
  #requireEven(x: Tensor): void {
    if (x.shape.slice(2).every((size) => size % 2 === 0)) return;
    throw new ShapeError(this.#name, {
      rule: "x's height and width must be even",
      got: formatShape(x.shape),
      // Those sides are even in front of both units of the network that halve.
      fix: "Use images whose sides are a multiple of 32, or 1 less, or up to 6 more",
    });
  }
}

const makePool = (kind: "avg" | "max", stride: number): Module => {
  if (stride === 2) return new MaxPool2d({ kernel: 3, stride, ceilMode: true });
  const Pool = kind === "avg" ? AvgPool2d : MaxPool2d;
  return new Pool({ kernel: 3, stride, padding: 1, ceilMode: true });
};
