import { DTYPES, type DType } from "@vertebra/core";
import type { TapTable } from "@vertebra/core/plan";
import { type Launch, LINE, type Limits, type Scratch, type Step } from "../launch";
import { type ConvProduct, type ConvTile, launchOf, tileCounts } from "./conv-launch";
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

interface TensorConvTile extends TensorTile {
  readonly threads: number;
  /** Time for an element of y, relative to the first: guessed from what a warp reads for a product. */
  readonly cost: number;
  /** Sums may have more than MOST_STEPS steps. */
  readonly hasTotals: boolean;
}

const TILES: readonly TensorConvTile[] = [
  { rows: 128, columns: 128, threads: 256, cost: 0.63, hasTotals: false, isByWarpgroups: true },
  { rows: 64, columns: 256, threads: 256, cost: 0.68, hasTotals: false, isByWarpgroups: true },
  { rows: 128, columns: 128, threads: 256, cost: 1, hasTotals: false },
  { rows: 64, columns: 128, threads: 128, cost: 1.1, hasTotals: false },
  { rows: 64, columns: 64, threads: 128, cost: 1.4, hasTotals: true },
  { rows: 32, columns: 128, threads: 128, cost: 1.4, hasTotals: true },
];
/** An element without tensor cores: they make eight times the products, but their kernels wait for patches more often. */
const PLAIN_COST = 5;
/** Tiles in shared memory: of patches, which go through registers, and of planes. */
const PATCH_SLOTS = 2;
const PLANE_SLOTS = 4;
const WARPGROUP_PATCH_SLOTS = 3;

/** Channels of a group and taps from which on the smallest tile is worth it. */
const LEAST_ROWS = 16;
const LEAST_TAPS = 16;
/** Taps of 16 bits that fill 16 bytes, the kernels' chunk. */
const CHUNK_TAPS = 8;
/** Weight offset, input offset, rows down, columns right: so far down that no pixel is there. */
const NO_TAP = [-1, 0, 1 << 25, 0] as const;

const kernel = tensorKernelsOf("conv2dTensor", "conv2dWarpgroup");

/** The launches of a product on tensor cores; undefined where it isn't for them, or they aren't faster than by the tile `plain`. */
export function tensorSteps(one: ConvProduct, plain: ConvTile, limits: Limits): readonly Step[] | undefined {
  const { y, taps, groups } = one;
  const rows = (y.shape[1] as number) / groups;
  if (!hasTensorCores(y.dtype, limits) || rows < LEAST_ROWS || taps.taps < LEAST_TAPS) return undefined;
  const isLong = taps.taps > MOST_STEPS * stepTerms(y.dtype);
  const timeOf = (tile: ConvTile, cost: number) =>
    Math.ceil(tileCounts(one, tile).blocks / limits.multiprocessors) * tile.rows * tile.columns * cost;
  const tiles = TILES.filter((tile) => isAvailable(tile, y.dtype, limits) && (tile.hasTotals || !isLong));
  const times = tiles.map((tile) => timeOf(tile, tile.cost));
  const least = Math.min(...times);
  if (least >= timeOf(plain, PLAIN_COST)) return undefined;
  const { packed, steps } = packWeights(one, rows);
  return [...steps, tileLaunch(packed, rows, tiles[times.indexOf(least)] as TensorConvTile)];
}

function tileLaunch(one: ConvProduct, rows: number, tile: TensorConvTile): Launch {
  const { y, taps, isPointwise } = one;
  const { down, across, blocks } = tileCounts(one, tile);
  // Rows of planes are copied by chunks of 16 bytes.
  const arePlanes = isPointwise && taps.pixels % (16 / DTYPES[y.dtype].bytes) === 0;
  return {
    ...launchOf(one, rows, [down, across]),
    kernel: kernel(`${arePlanes ? "planes" : "patches"}${tile.rows}x${tile.columns}`, y.dtype, tile),
    grid: blocks,
    block: tile.threads,
    sharedBytes: sharedBytesOf(tile, arePlanes, y.dtype),
  };
}

function sharedBytesOf(tile: TensorConvTile, arePlanes: boolean, dtype: DType): number {
  if (tile.isByWarpgroups) return warpgroupBytes(arePlanes ? PLANE_SLOTS : WARPGROUP_PATCH_SLOTS, tile);
  const slots = arePlanes ? PLANE_SLOTS : PATCH_SLOTS;
  return slots * (bytesPerTile(tile.rows, true, dtype) + bytesPerTile(tile.columns, !arePlanes, dtype));
}

/** The product with taps and weights in whole chunks, and what packs the weights so. */
function packWeights(one: ConvProduct, rows: number): { readonly packed: ConvProduct; readonly steps: readonly Step[] } {
  const { a, y, groups, rowA, groupA } = one;
  const total = tapsIn(one.taps);
  if (one.taps.phases === 1 && rowA === total && total % CHUNK_TAPS === 0) return { packed: one, steps: [] };
  const taps = wholeChunks(one.taps);
  const length = tapsIn(taps);
  const scratch: Scratch = { scratchBytes: groups * rows * length * DTYPES[y.dtype].bytes };
  const pack: Launch = {
    kernel: kernel("packWeights", y.dtype),
    bindings: [a, { table: taps.table }, scratch],
    words: [rows, groups, taps.phases, groupA, rowA, length],
    grid: Math.ceil((groups * rows * length) / LINE),
    block: LINE,
  };
  return { packed: { ...one, a: scratch, taps, groupA: rows * length, rowA: length }, steps: [pack] };
}

const tapsIn = ({ table, phases }: TapTable): number => table.length / 4 - 2 * phases;

/** Kept like the tables that they are made of, so that each is uploaded once. */
const padded = new WeakMap<Int32Array, TapTable>();

/** The table with taps that read nothing and have no weight at the end of each phase, up to a whole chunk. */
function wholeChunks(taps: TapTable): TapTable {
  const known = padded.get(taps.table);
  if (known) return known;
  const { table, phases } = taps;
  const heads: number[] = [];
  const words: number[] = [];
  for (let phase = 0; phase < phases; phase++) {
    const [first, count, ...rest] = table.subarray(8 * phase, 8 * phase + 8) as unknown as [number, number, ...number[]];
    const more = (CHUNK_TAPS - (count % CHUNK_TAPS)) % CHUNK_TAPS;
    heads.push(words.length / 4, count + more, ...rest);
    words.push(...table.subarray(8 * phases + 4 * first, 8 * phases + 4 * (first + count)));
    for (let i = 0; i < more; i++) words.push(...NO_TAP);
  }
  const made: TapTable = { ...taps, table: Int32Array.from([...heads, ...words]) };
  padded.set(table, made);
  return made;
}
