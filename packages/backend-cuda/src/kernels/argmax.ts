import type { KernelTable } from "@vertebra/core";
import { type CudaOperand, kernelsOf, LINE, type Limits, type Plan, type Scratch } from "../launch";
import { type Lines, linesOf, linesWords } from "./lines";
import { SHARED_BLOCK } from "./sharing";

const kernel = kernelsOf("argmax");

/** Blocks that keep a multiprocessor busy. */
const ENOUGH_BLOCKS = 4;
/** Elements for each thread that are worth a part. */
const SHORTEST_PART = 16;

/** Index of the largest value along `axis`. */
export const argmax: Plan<KernelTable["argmax"]> = (inputs, outputs, { axis }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  const lines = linesOf(x.shape, axis);
  if (lines.count === 0) return [];
  const length = Math.ceil(lines.n / partsOf(lines, limits));
  const parts = Math.ceil(lines.n / length);
  const best: Scratch | null = parts > 1 ? { scratchBytes: 8 * parts * lines.count } : null;
  const search = {
    kernel: kernel("argmax", x.dtype),
    bindings: [x, y, best],
    words: [...linesWords(lines), lines.tiles, length],
    grid: lines.tiles * parts,
    block: SHARED_BLOCK,
  };
  if (best === null) return [search];
  const grid = Math.ceil((32 * lines.count) / LINE);
  return [search, { kernel: kernel("argmaxJoin"), bindings: [best, y], words: [lines.count, parts], grid, block: LINE }];
};

/** Parts of a line where whole ones are too few for the device. */
function partsOf({ n, lanes, tiles }: Lines, { multiprocessors }: Limits): number {
  const toFill = Math.ceil((ENOUGH_BLOCKS * multiprocessors) / tiles);
  return Math.max(1, Math.min(toFill, Math.floor(n / (SHORTEST_PART * lanes))));
}
