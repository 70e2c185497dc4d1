import type { Product } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, type Limits } from "../launch";
import { blocksFor, GROUP_BLOCK } from "./group-lanes";
import { batchWords } from "./matmul-batch";

/** Rows up to which a thread can hold its sums of all of them in registers. */
export const FEW_ROWS = 8;

const WARP = 32;
/** Columns that a block makes in the kernel that goes across them. */
const ACROSS_COLUMNS = 32;
/** Threads of a multiprocessor that keep enough loads on their way. */
const ENOUGH_THREADS = 1024;

const kernel = kernelsOf("matmulFewRows");

/** The launch of a product with few rows or few columns. */
export function fewRowsLaunch(problem: Product<CudaOperand>, limits: Limits): Launch {
  const { a, b, y, k, entries, batch } = problem;
  // Few columns are the few rows of yᵀ = bᵀ · aᵀ, which is y written the other way round.
  const isSwapped = a.length > b.length;
  const [few, many] = isSwapped ? [b, a] : [a, b];
  /** The kernel for as many rows, rounded up to a power of two. */
  const rows = 2 ** Math.ceil(Math.log2(few.length));
  const columnGroups = Math.ceil(many.length / (many.isAlongK ? dotColumns(rows) : ACROSS_COLUMNS));
  const groups = entries * columnGroups;
  const lanes = many.isAlongK ? dotLanes(groups, k, limits) : GROUP_BLOCK;
  const [aRow, aStep] = few.isAlongK ? [k, 1] : [1, few.length];
  const [yRow, yColumn] = isSwapped ? [1, few.length] : [many.length, 1];
  const axes = isSwapped ? batch.map(([size, ofA, ofB]) => [size, ofB as number, ofA as number] as const) : batch;
  const sides = [few.length, k, many.length, aRow, aStep, yRow, yColumn, Number(many.isInFours), Number(few.isInFours)];
  return {
    kernel: kernel(`matmulFewRows${many.isAlongK ? "Dot" : "Across"}${rows}`, y.dtype),
    bindings: [few.operand, many.operand, y],
    words: [...sides, columnGroups, groups, lanes, ...batchWords(axes)],
    grid: blocksFor(groups, lanes),
    block: GROUP_BLOCK,
  };
}

/** Columns that a group of threads makes together, as in the kernel. */
const dotColumns = (rows: number): number => (rows > 2 ? 2 : 1);

/** A warp for a column, or a block where those would leave the device half empty and there is enough to do for each thread. */
const dotLanes = (groups: number, k: number, { multiprocessors }: Limits): number =>
  groups * WARP < (multiprocessors * ENOUGH_THREADS) / 2 && k >= 4 * GROUP_BLOCK ? GROUP_BLOCK : WARP;
