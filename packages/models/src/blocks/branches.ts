import { AvgPool2d, concat, MaxPool2d, Module, type Pair, Sequential, type Tensor } from "@vertebra/core";
import { type InceptionConvOptions, inceptionConv } from "./inception-conv";

/** One layer of a branch: a convolution, or a 3×3 pool; "average" keeps the size and counts no padding, "max" halves it. */
export type BranchRow = readonly [outChannels: number, kernel: Pair, options?: InceptionConvOptions] | "average" | "max";

/** The branches of a block, each from its input to what is joined. */
export type BranchTable = readonly (readonly BranchRow[])[];

/** Branches side by side, their outputs joined over channels; x [N, C, H, W] → [N, Σ channels, Ho, Wo]. */
export class Branches extends Module {
  readonly #branches: readonly [string, Module][];

  constructor(branches: Readonly<Record<string, Module>>) {
    super();
    this.#branches = Object.entries(branches);
  }

  forward(x: Tensor): Tensor {
    return concat(
      this.#branches.map(([, branch]) => branch.forward(x)),
      1,
    );
  }

  override namedChildren(): [string, Module<unknown>][] {
    return [...this.#branches];
  }
}

/** Modules "branch0", "branch1", … from the rows of a figure. */
export const makeBranches = (inChannels: number, table: BranchTable): Record<string, Module> =>
  Object.fromEntries(table.map((rows, i) => [`branch${i}`, makeBranch(inChannels, rows)]));

/** A branch of one layer is that layer, one of more a sequence: timm's trees. */
export function makeBranch(inChannels: number, rows: readonly BranchRow[]): Module {
  const layers = rows.map((row, i) => makeLayer(branchChannels(inChannels, rows.slice(0, i)), row));
  return layers.length === 1 ? (layers[0] as Module) : new Sequential(layers);
}

/** Channels at the end of a branch. */
export function branchChannels(inChannels: number, rows: readonly BranchRow[]): number {
  const last = rows.findLast((row) => typeof row !== "string");
  return last ? last[0] : inChannels;
}

function makeLayer(inChannels: number, row: BranchRow): Module {
  if (row === "average") return new AvgPool2d({ kernel: 3, stride: 1, padding: 1, countIncludePad: false });
  if (row === "max") return new MaxPool2d({ kernel: 3, stride: 2 });
  const [outChannels, kernel, options] = row;
  return inceptionConv(inChannels, outChannels, kernel, options);
}
