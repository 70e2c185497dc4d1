import type { Product, Side } from "@vertebra/core/plan";
import type { CudaOperand, Limits, Step } from "../launch";
import { type Cut, cutSteps, type Tile, type TileKernel } from "./matmul-tiles";
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

type MatmulTile = Tile & TensorTile;

/**
 * What a tile costs in shared memory and registers, stands in the kernels' headers. `cost` is the time of its products by mma.sync, or what
 * a multiprocessor's shared memory moves for them where that takes longer: a guess.
 */
const TILES: readonly MatmulTile[] = [
  { rows: 128, columns: 256, threads: 256, cost: 0.5, isByWarpgroups: true },
  { rows: 128, columns: 128, threads: 256, cost: 0.63, isByWarpgroups: true },
  { rows: 256, columns: 128, threads: 256, cost: 1 },
  { rows: 128, columns: 128, threads: 128, cost: 1.05 },
  { rows: 128, columns: 64, threads: 128, cost: 1.2 },
  { rows: 64, columns: 64, threads: 128, cost: 1.6 },
];
/** As both have it. */
const SLOTS = 4;

/** Rows, columns and terms from which on the smallest tile, a quarter full, beats a kernel without tensor cores. */
const LEAST_LENGTH = 32;
const LEAST_TERMS = 16;
/** Parts of k are worth a launch that adds them, and begin at whole tiles. */
const LEAST_PART_TERMS = 512;
const PART_STEP = 256;
const MOST_PARTS = 128;
/** Threads that keep a multiprocessor's tensor cores busy. */
const WANTED_THREADS = 256;

const kernel = tensorKernelsOf("matmulTensor", "matmulWarpgroup");

/** The launches of a product on tensor cores; undefined where it isn't for them. */
export function tensorSteps(problem: Product<CudaOperand>, limits: Limits): readonly Step[] | undefined {
  const { a, b, y, k } = problem;
  if (!hasTensorCores(y.dtype, limits) || Math.min(a.length, b.length) < LEAST_LENGTH || k < LEAST_TERMS) return undefined;
  const mostTerms = MOST_STEPS * stepTerms(y.dtype);
  // Parts are added one after another, too.
  if (k > mostTerms * MOST_STEPS) return undefined;
  const cuts = TILES.filter((tile) => isAvailable(tile, y.dtype, limits) && (tile.rows < 256 || y.dtype !== "f32"))
    .filter((tile) => sharedBytesOf(tile, problem) <= limits.sharedBytesPerBlock)
    .map((tile) => cutBy(tile, problem, mostTerms, limits));
  const [best] = cuts.sort((one, other) => timeOf(one, problem, limits) - timeOf(other, problem, limits));
  return best && cutSteps(problem, best, tileKernel(best.tile, problem));
}

function tileKernel(tile: MatmulTile, problem: Product<CudaOperand>): TileKernel {
  const form = `${problem.a.isAlongK ? "N" : "T"}${problem.b.isAlongK ? "T" : "N"}`;
  return {
    kernel: kernel(`tiles${tile.rows}x${tile.columns}${form}`, problem.y.dtype, tile),
    sharedBytes: sharedBytesOf(tile, problem),
  };
}

function sharedBytesOf(tile: MatmulTile, { a, b, y }: Product<CudaOperand>): number {
  if (tile.isByWarpgroups) return warpgroupBytes(SLOTS, tile);
  const bytes = (lines: number, { isAlongK }: Side<CudaOperand>) => bytesPerTile(lines, isAlongK, y.dtype);
  return SLOTS * (bytes(tile.rows, a) + bytes(tile.columns, b));
}

/** Multiprocessors make their blocks at the same time: the one with most of them counts. */
function timeOf(
  { tile, rowTiles, columnTiles, parts, partTerms }: Cut,
  { entries }: Product<CudaOperand>,
  limits: Limits,
): number {
  const blocks = entries * rowTiles * columnTiles * parts;
  return Math.ceil(blocks / limits.multiprocessors) * tile.rows * tile.columns * partTerms * tile.cost;
}

function cutBy(tile: Tile, { a, b, k, entries }: Product<CudaOperand>, mostTerms: number, { multiprocessors }: Limits): Cut {
  const rowTiles = Math.ceil(a.length / tile.rows);
  const columnTiles = Math.ceil(b.length / tile.columns);
  const threads = entries * rowTiles * columnTiles * tile.threads;
  const toFill = Math.floor((multiprocessors * WANTED_THREADS) / threads);
  const wanted = Math.min(toFill, Math.floor(k / LEAST_PART_TERMS), MOST_PARTS);
  const least = Math.max(1, wanted, Math.ceil(k / mostTerms));
  const partTerms = Math.ceil(k / least / PART_STEP) * PART_STEP;
  return { tile, rowTiles, columnTiles, parts: Math.ceil(k / partTerms), partTerms };
}
