import { product } from "@vertebra/core/plan";
import { kernelsOf, type Launch, LINE, type Limits, type Step } from "../launch";
import { type ConvProduct, type ConvTile, launchOf, tileCounts } from "./conv-launch";
import { tensorSteps } from "./conv-tensor";

/**
 * All have 32 sums a thread, and CONV_TILES of conv-tiles.h. While outputs are many: the fewer channels a group has, the wider over
 * pixels. Where such tiles would be few, smaller ones that slices of the block share.
 */
const TILES: readonly ConvTile[] = [
  { rows: 128, columns: 64 },
  { rows: 64, columns: 64 },
  { rows: 32, columns: 128 },
  { rows: 16, columns: 256 },
  { rows: 32, columns: 32 },
  { rows: 16, columns: 16 },
];

const TILED = kernelsOf("conv2d");
const POINTWISE = kernelsOf("conv2dPointwise");
const DIRECT = kernelsOf("conv2dDirect");

/** From so many channels a group on a tile is full enough to beat loading every input once a channel. */
const TILED_FROM = 8;

/** The launches of a product; none for an empty result. */
export function planProduct(one: ConvProduct, limits: Limits): readonly Step[] {
  if (product(one.y.shape) === 0) return [];
  const rows = (one.y.shape[1] as number) / one.groups;
  if (rows < TILED_FROM) return [direct(one, rows)];
  const tile = bestTile(one, rows, limits);
  return tensorSteps(one, tile, limits) ?? [tiled(one, rows, tile)];
}

/** The first that is more than half full and of which every multiprocessor has one, or the last. */
function bestTile(one: ConvProduct, rows: number, { multiprocessors }: Limits): ConvTile {
  const columns = (one.x.shape[0] as number) * one.taps.pixels;
  const isFull = (tile: ConvTile) => rows > tile.rows / 2 && columns > tile.columns / 2;
  return TILES.find((tile) => isFull(tile) && tileCounts(one, tile).blocks >= multiprocessors) ?? (TILES.at(-1) as ConvTile);
}

function tiled(one: ConvProduct, rows: number, tile: ConvTile): Launch {
  const { y, taps } = one;
  const { down, across, blocks } = tileCounts(one, tile);
  const kernels = one.isPointwise && taps.pixels % 4 === 0 ? POINTWISE : TILED;
  return {
    ...launchOf(one, rows, [down, across]),
    kernel: kernels(`tiles${tile.rows}x${tile.columns}`, y.dtype),
    grid: blocks,
  };
}

/** A thread makes up to four channels of four pixels. */
function direct(one: ConvProduct, rows: number): Launch {
  const { x, y, taps, groups } = one;
  const channels = rows > 2 ? 4 : rows;
  const [tilesM, tilesN] = [Math.ceil(rows / channels), Math.ceil(taps.pixels / 4)];
  return {
    ...launchOf(one, rows, [tilesM, tilesN]),
    kernel: DIRECT(`channels${channels}`, y.dtype),
    grid: Math.ceil(((x.shape[0] as number) * taps.phases * groups * tilesM * tilesN) / LINE),
  };
}
