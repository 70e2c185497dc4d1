// Szegedy, Ioffe, Vanhoucke, Alemi: "Inception-v4, Inception-ResNet and the impact of residual connections on learning",
// AAAI 2017, figures 16, 17, 19 and 20.
import { Conv2d, chain, Module, mul, plus, ReLU, type Tensor } from "@vertebra/core";
import { type BranchTable, branchChannels, makeBranches } from "./branches";
import { fork } from "./fork";

export interface ScaledResidualOptions {
  readonly channels: number;
  readonly branches: BranchTable;
  /** Of the residual before it is added: keeps networks of many filters from dying early in training (section 3.3). Default: 1. */
  readonly scale?: number;
  /** ReLU at the end. Default: true. */
  readonly activation?: boolean;
}

/** relu(x + scale · conv1×1(branches(x))), children "branch0", "branch1", …, "conv2d"; x [N, channels, H, W] → the same. */
export class ScaledResidual extends Module {
  readonly #branches: Readonly<Record<string, Module>>;
  readonly conv2d: Conv2d;
  readonly #scale: number;
  readonly #activation: readonly ReLU[];

  constructor({ channels, branches, scale = 1, activation = true }: ScaledResidualOptions) {
    super();
    this.#branches = makeBranches(channels, branches);
    const joined = branches.reduce((sum, rows) => sum + branchChannels(channels, rows), 0);
    this.conv2d = new Conv2d(joined, channels, { kernel: 1 });
    this.#scale = scale;
    this.#activation = activation ? [new ReLU()] : [];
  }

  forward(x: Tensor): Tensor {
    const branches = fork(...Object.values(this.#branches).map((branch) => [branch]));
    const scaled = this.#scale === 1 ? [] : [(y: Tensor) => mul(y, this.#scale)];
    return chain(
      x,
      branches,
      this.conv2d,
      ...scaled,
      plus(() => x),
      ...this.#activation,
    );
  }

  override namedChildren(): [string, Module<unknown>][] {
    return [...Object.entries(this.#branches), ["conv2d", this.conv2d]];
  }
}
