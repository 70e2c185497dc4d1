import {
  ArgumentError,
  BatchNorm2d,
  Conv2d,
  chain,
  kaimingNormal,
  pad,
  plus,
  Sequential,
  type Step,
  sliceAxis,
  type Tensor,
} from "@vertebra/core";

/** He et al. 2015 by the outputs, as torchvision initialises every convolution of its ResNets. */
export const convInit = kaimingNormal("fanOut");

/**
 * How a block's input gets to its sum (He et al. 2016, sections 3.3 and 4.1).
 * "projection-where-needed": option B, a 1×1 convolution where stride or channels change, else the input itself.
 * "always-owned": the same sums, but a block that needs no projection has one too, which never sees an input. For loading
 * weights of networks written so; the parameters are wasted.
 * "zero-padded": option A, every stride-th pixel, and zeros as new channels, half of them in front; no parameters.
 * "none": a plain network, without sums.
 */
export type ShortcutForm = "projection-where-needed" | "always-owned" | "zero-padded" | "none";

/** Options that all residual blocks have. */
export interface ResidualBlockOptions {
  readonly inChannels: number;
  /** Channels of the 3×3 convolutions; a block gives `expansion` times as many. */
  readonly channels: number;
  /** Default: 1. */
  readonly stride?: number;
  /** Default: "projection-where-needed". */
  readonly shortcut?: ShortcutForm;
  /** A projection on the shortcut. Default: as `shortcut` says. */
  readonly downsample?: boolean;
  /** Convolutions with a bias, which the norm behind them takes out again. Default: false. */
  readonly convBias?: boolean;
  /** Starts the block as the identity: what its branch ends in is 0 (Goyal et al. 2017). Default: false. */
  readonly zeroInitResidual?: boolean;
}

type ShortcutOptions = Omit<ResidualBlockOptions, "channels" | "zeroInitResidual"> & {
  readonly outChannels: number;
  /** A norm behind the projection. Default: true. */
  readonly norm?: boolean;
};

/** The way around a residual block's branch. */
export class Shortcut {
  /** 1×1 convolution and norm, children "0" and "1"; null for a block that has none. */
  readonly downsample: Sequential | null;
  /** True where the input goes through `downsample`. */
  readonly isProjected: boolean;
  readonly #options: ShortcutOptions;

  /** @throws ArgumentError for a projection on a shortcut that has no parameters, or zeros for fewer channels than there are. */
  constructor(options: ShortcutOptions) {
    const { inChannels, outChannels, stride = 1, shortcut = "projection-where-needed", downsample } = options;
    const hasParameters = shortcut === "projection-where-needed" || shortcut === "always-owned";
    if (!hasParameters && downsample) {
      const got = `shortcut: "${shortcut}" and downsample: true`;
      const fix = `Leave downsample out, or use ${PROJECTION}`;
      throw new ArgumentError("residual", { rule: "a projection must be on a shortcut that takes one", got, fix });
    }
    if (shortcut === "zero-padded" && outChannels < inChannels) {
      throw new ArgumentError("residual", {
        rule: "a zero-padded shortcut must lead to as many channels or more",
        got: `${inChannels} to ${outChannels}`,
        fix: `Use ${PROJECTION}`,
      });
    }
    this.#options = options;
    this.isProjected = hasParameters && (downsample ?? (stride !== 1 || inChannels !== outChannels));
    this.downsample = this.isProjected || shortcut === "always-owned" ? makeDownsample(options) : null;
  }

  /** What a chain does at the end of the branch, for the block's input x [N, inChannels, H, W]. */
  steps(x: Tensor): readonly Step[] {
    const { shortcut } = this.#options;
    if (shortcut === "none") return [];
    if (shortcut === "zero-padded") return [plus(() => zeroPadded(x, this.#options), { fix: `Use ${PROJECTION}` })];
    const projection = this.isProjected ? this.downsample : null;
    return [plus(() => projection?.forward(x) ?? x, { fix: FIX })];
  }

  /** branch(activation(x)) + shortcut, for blocks that start with their activation: a projection takes the activated input. */
  preActivated(x: Tensor, activation: readonly Step[], branch: readonly Step[]): Tensor {
    if (!this.isProjected) return chain(x, ...activation, ...branch, ...this.steps(x));
    const active = chain(x, ...activation);
    return chain(active, ...branch, ...this.steps(active));
  }
}

/** Of the forms without parameters, which take no `downsample`. */
const PROJECTION = 'shortcut: "projection-where-needed"';
const FIX = "Build the block with downsample: true (a 1×1 convolution on the shortcut), or keep stride 1 and the channels";

function makeDownsample({ inChannels, outChannels, stride = 1, convBias = false, norm = true }: ShortcutOptions): Sequential {
  const conv = new Conv2d(inChannels, outChannels, { kernel: 1, stride, bias: convBias, weightInit: convInit });
  return new Sequential(norm ? [conv, new BatchNorm2d(outChannels)] : [conv]);
}

/** x [N, C, H, W] → [N, outChannels, ⌈H / stride⌉, ⌈W / stride⌉]. */
function zeroPadded(x: Tensor, { inChannels, outChannels, stride = 1 }: ShortcutOptions): Tensor {
  const [, , height = 0, width = 0] = x.shape;
  const fewer = stride === 1 ? x : sliceAxis(sliceAxis(x, 2, 0, height, stride), 3, 0, width, stride);
  const added = outChannels - inChannels;
  if (added === 0) return fewer;
  const before = Math.floor(added / 2);
  return pad(fewer, [0, before, 0, 0], [0, added - before, 0, 0]);
}
