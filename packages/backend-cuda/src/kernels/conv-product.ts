import type { FusedActivation } from "@vertebra/core";
import { product, type TapTable } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, LINE, type Limits, type Step } from "../launch";

/** The product y = Σ a · x of a convolution, or of its gradient by the input. */
export interface ConvProduct {
  readonly a: CudaOperand;
  readonly x: CudaOperand;
  readonly y: CudaOperand;
  readonly taps: TapTable;
  readonly groups: number;
  /** Elements of a from one group and output channel to the next. */
  readonly groupA: number;
  readonly rowA: number;
  /** From a phase's pixel to the next, in rows and columns. */
  readonly stepX: readonly [number, number];
  readonly stepY: readonly [number, number];
  /** One tap a channel, on the pixel itself. */
  readonly isPointwise: boolean;
  readonly epilogue: Epilogue;
}

/** What is done to a sum before it is stored: activation(sum · scale + shift + residual); scale and shift by channel. */
export interface Epilogue {
  readonly scale?: CudaOperand | undefined;
  readonly shift?: CudaOperand | undefined;
  readonly residual?: CudaOperand | undefined;
  readonly activation?: FusedActivation;
}

/** As convolution.h numbers them. */
const ACTIVATIONS: { readonly [A in FusedActivation]: number } = { none: 0, relu: 1, relu6: 2, silu: 3 };

/**
 * All have 32 sums a thread, and CONV_TILES of conv-tiles.h. While outputs are many: the fewer channels a group has, the wider over
 * pixels. Where such tiles would be few, smaller ones that slices of the block share.
 */
const TILES = [
  { rows: 128, columns: 64 },
  { rows: 64, columns: 64 },
  { rows: 32, columns: 128 },
  { rows: 16, columns: 256 },
  { rows: 32, columns: 32 },
  { rows: 16, columns: 16 },
] as const;
type Tile = (typeof TILES)[number];

const TILED = kernelsOf("conv2d");
const POINTWISE = kernelsOf("conv2dPointwise");
const DIRECT = kernelsOf("conv2dDirect");

/** From so many channels a group on a tile is full enough to beat loading every input once a channel. */
const TILED_FROM = 8;

/** The launches of a product; none for an empty result. */
export function planProduct(one: ConvProduct, limits: Limits): readonly Step[] {
  if (product(one.y.shape) === 0) return [];
  const rows = (one.y.shape[1] as number) / one.groups;
  return [rows < TILED_FROM ? direct(one, rows) : tiled(one, rows, limits)];
}

function tiled(one: ConvProduct, rows: number, { multiprocessors }: Limits): Launch {
  const { x, y, taps, groups } = one;
  const columns = (x.shape[0] as number) * taps.pixels;
  const products = groups * taps.phases;
  const countOf = (tile: Tile) => Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * products;
  const isFull = (tile: Tile) => rows > tile.rows / 2 && columns > tile.columns / 2;
  // The first that is more than half full and of which every multiprocessor has one, or the last.
  const chosen = TILES.find((tile) => isFull(tile) && countOf(tile) >= multiprocessors) ?? (TILES.at(-1) as Tile);
  const kernels = one.isPointwise && taps.pixels % 4 === 0 ? POINTWISE : TILED;
  return {
    ...launchOf(one, rows, [Math.ceil(rows / chosen.rows), Math.ceil(columns / chosen.columns)]),
    kernel: kernels(`tiles${chosen.rows}x${chosen.columns}`, y.dtype),
    grid: countOf(chosen),
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

/** All but the kernel and how many blocks it has: ConvParams of convolution.h. */
function launchOf(one: ConvProduct, rows: number, tiles: readonly [number, number]): Omit<Launch, "kernel" | "grid"> {
  const { a, x, y, taps, groups, groupA, rowA, stepX, stepY, epilogue } = one;
  const { scale, shift, residual, activation = "none" } = epilogue;
  const [images, channels, height, width] = x.shape as [number, number, number, number];
  const [, , heightY, widthY] = y.shape as [number, number, number, number];
  const [plane, planeY] = [height * width, heightY * widthY];
  return {
    bindings: [a, x, { table: taps.table }, scale ?? null, shift ?? null, residual ?? null, y],
    words: [
      ...[rows, groups, images, taps.phases, ...tiles, height, width],
      ...[channels * plane, (channels / groups) * plane, groupA, rowA],
      ...[planeY, widthY, ...stepX, ...stepY, ACTIVATIONS[activation]],
      Number(taps.phases === 1 && taps.pixels === planeY && planeY % 4 === 0),
    ],
    block: LINE,
  };
}
