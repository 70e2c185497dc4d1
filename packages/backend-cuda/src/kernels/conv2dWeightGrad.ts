import type { KernelTable } from "@vertebra/core";
import { columnTable, convSizes, product } from "@vertebra/core/plan";
import { type CudaOperand, type KernelName, kernelsOf, type Launch, LINE, type Limits, type Plan, type Step } from "../launch";
import {
  bytesPerTile,
  hasTensorCores,
  isAvailable,
  MOST_STEPS,
  stepTerms,
  type TensorTile,
  tensorKernelsOf,
  warpgroupBytes,
} from "./tensor-cores";

const TENSOR = tensorKernelsOf("conv2dWeightGradTensor", "conv2dWeightGradWarpgroup");
const TILED = kernelsOf("conv2dWeightGrad");
const DIRECT = kernelsOf("conv2dWeightGradDirect");

interface GradTile extends TensorTile {
  readonly threads: number;
  /** Time for an element of dw, relative to the third: guessed from what a warp reads for a product. */
  readonly cost: number;
}

const TENSOR_TILES: readonly GradTile[] = [
  { rows: 128, columns: 128, threads: 256, cost: 0.63, isByWarpgroups: true },
  { rows: 64, columns: 256, threads: 256, cost: 0.68, isByWarpgroups: true },
  { rows: 128, columns: 128, threads: 256, cost: 1 },
  { rows: 64, columns: 64, threads: 128, cost: 1.4 },
  { rows: 32, columns: 128, threads: 128, cost: 1.4 },
];
/** Tiles in shared memory. */
const TENSOR_SLOTS = 2;
const WARPGROUP_SLOTS = 3;
/** Rows and columns from which on they beat kernels without tensor cores. */
const TENSOR_LEAST = 16;

/** As conv2dWeightGrad.cu has them. */
const TILES = [
  { rows: 128, columns: 64 },
  { rows: 64, columns: 64 },
  { rows: 32, columns: 32 },
] as const;
/** Columns of a block of the direct kernel, which makes one row. */
const DIRECT_COLUMNS = 4;

/** Rows and weights of a group under which most of a tile would be empty. */
const MIN_ROWS = 8;
const TILED_FROM = 256;
/** Pixels that are worth a block of their own, and of a step of the tiles: parts are whole steps. */
const TENSOR_PIXELS = 512;
const TILED_PIXELS = 256;
const DIRECT_PIXELS = 4096;
const STEP_PIXELS = 32;
/** Pixels of a part at most: 512 sums of 256 terms, as many as are added one after another. */
const MOST_PIXELS = 512 * 256;
/** Pixels that a thread of the direct kernel takes before more threads share them. */
const THREAD_PIXELS = 8;
/** Blocks that a multiprocessor has room for. */
const TILED_BLOCKS = 2;
const DIRECT_BLOCKS = 8;

/** A gradient as a product of dy [rows, pixels] and patches of x [pixels, columns] for each group. */
interface GradProduct {
  readonly rows: number;
  readonly columns: number;
  readonly groups: number;
  readonly pixels: number;
}

/** Which blocks make it: so many of rows, columns, groups, and parts of the pixels. */
interface Division {
  readonly kernel: KernelName;
  readonly block: number;
  readonly sharedBytes?: number;
  readonly tilesM: number;
  readonly tilesN: number;
  readonly parts: number;
  readonly partPixels: number;
}

/** dw [O, C / groups, KH, KW] from x [N, C, H, W] and dy [N, O, HO, WO]. */
export const conv2dWeightGrad: Plan<KernelTable["conv2dWeightGrad"]> = (inputs, outputs, attrs, limits) => {
  const [x, dy] = inputs as [CudaOperand, CudaOperand];
  const dw = outputs[0] as CudaOperand;
  if (product(dw.shape) === 0) return [];
  const sizes = convSizes(x.shape, dw.shape, dy.shape);
  const { n, c, o, h, w, ho, wo, kh, kw } = sizes;
  const { groups, stride, padding } = attrs;
  const one: GradProduct = { rows: o / groups, columns: (c / groups) * kh * kw, groups, pixels: n * ho * wo };
  const { kernel, block, sharedBytes = 0, tilesM, tilesN, parts, partPixels } = divisionOf(one, x, limits);
  // Each part begins at a whole quad.
  const partWeights = Math.ceil(product(dw.shape) / 4) * 4;
  const scratch = parts > 1 ? { scratchBytes: parts * partWeights * 4 } : null;
  const sums: Launch = {
    kernel,
    bindings: [x, dy, { table: columnTable(sizes, attrs) }, dw, scratch],
    words: [
      ...[one.rows, one.columns, groups, one.pixels, ho * wo, wo],
      ...[parts, partPixels, partWeights, tilesM, tilesN],
      ...[h, w, c * h * w, (c / groups) * h * w, ...stride, padding[0], padding[2]],
    ],
    grid: tilesM * tilesN * groups * parts,
    block,
    sharedBytes,
  };
  if (scratch === null) return [sums];
  const quads = partWeights / 4;
  const together: Step = {
    kernel: TILED("sumParts", dw.dtype),
    bindings: [scratch, dw],
    words: [quads, parts, partWeights],
    grid: Math.ceil(quads / LINE),
    block: LINE,
  };
  return [sums, together];
};

function divisionOf(one: GradProduct, x: CudaOperand, limits: Limits): Division {
  if (one.rows < MIN_ROWS || one.rows * one.columns < TILED_FROM) return direct(one, x, limits);
  const isFull = Math.min(one.rows, one.columns, one.pixels) >= TENSOR_LEAST;
  return (isFull && hasTensorCores(x.dtype, limits) ? tensor : tiled)(one, x, limits);
}

function tensor(one: GradProduct, { dtype }: CudaOperand, limits: Limits): Division {
  const tiles = TENSOR_TILES.filter((tile) => isAvailable(tile, dtype, limits));
  const cuts = tiles.map((tile) => {
    const [tilesM, tilesN] = [Math.ceil(one.rows / tile.rows), Math.ceil(one.columns / tile.columns)];
    return { tile, tilesM, tilesN, time: tilesM * tilesN * tile.rows * tile.columns * tile.cost };
  });
  const { tile, tilesM, tilesN } = cuts.reduce((best, cut) => (cut.time < best.time ? cut : best));
  const { rows, columns, threads } = tile;
  const wanted = (TILED_BLOCKS * limits.multiprocessors) / (tilesM * tilesN * one.groups);
  return {
    kernel: TENSOR(`tiles${rows}x${columns}`, dtype, tile),
    block: threads,
    sharedBytes: tile.isByWarpgroups
      ? warpgroupBytes(WARPGROUP_SLOTS, tile)
      : TENSOR_SLOTS * (bytesPerTile(rows, false, dtype) + bytesPerTile(columns, false, dtype)),
    tilesM,
    tilesN,
    ...divide(one.pixels, wanted, TENSOR_PIXELS, MOST_STEPS * stepTerms(dtype)),
  };
}

function tiled(one: GradProduct, { dtype }: CudaOperand, { multiprocessors }: Limits): Division {
  const { rows, columns } =
    TILES.find((tile) => one.rows > tile.rows / 2 && one.columns > tile.columns / 2) ?? (TILES.at(-1) as (typeof TILES)[2]);
  const [tilesM, tilesN] = [Math.ceil(one.rows / rows), Math.ceil(one.columns / columns)];
  const wanted = (TILED_BLOCKS * multiprocessors) / (tilesM * tilesN * one.groups);
  const kernel = TILED(`tiles${rows}x${columns}`, dtype);
  return { kernel, block: LINE, tilesM, tilesN, ...divide(one.pixels, wanted, TILED_PIXELS) };
}

function direct(one: GradProduct, { dtype }: CudaOperand, { multiprocessors }: Limits): Division {
  const [tilesM, tilesN] = [one.rows, Math.ceil(one.columns / DIRECT_COLUMNS)];
  const wanted = (DIRECT_BLOCKS * multiprocessors) / (tilesM * tilesN * one.groups);
  const block = Math.min(LINE, 32 * Math.max(1, Math.ceil(one.pixels / (32 * THREAD_PIXELS))));
  return { kernel: DIRECT("columns4", dtype), block, tilesM, tilesN, ...divide(one.pixels, wanted, DIRECT_PIXELS) };
}

/** The pixels in about as many parts as are wanted, of at least so many each and at most so many. */
function divide(pixels: number, wanted: number, least: number, most = MOST_PIXELS): Pick<Division, "parts" | "partPixels"> {
  const worthwhile = Math.min(Math.floor(wanted), Math.floor(pixels / least));
  const count = Math.max(1, worthwhile, Math.ceil(pixels / most));
  const partPixels = Math.max(1, Math.ceil(pixels / count / STEP_PIXELS)) * STEP_PIXELS;
  return { parts: Math.max(1, Math.ceil(pixels / partPixels)), partPixels };
}
