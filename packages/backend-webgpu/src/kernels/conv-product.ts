import { product, type TapTable } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Launch, type Limits, type Step } from "../launch";
import { type TypedShader, typedShader, withConstants } from "../shader";
import { type Epilogue, epilogueBindings, epilogueConstants } from "./conv-epilogue";
import tiledCode from "./conv2d.wgsl";
import directCode from "./conv2dDirect.wgsl";
import pointwiseCode from "./conv2dPointwise.wgsl";

/** The product y = Σ a · x of a convolution, or of its gradient by the input. */
export interface ConvProduct {
  readonly a: GpuOperand;
  readonly x: GpuOperand;
  readonly y: GpuOperand;
  readonly taps: TapTable;
  readonly groups: number;
  /** Elements of a from one group, output channel and input channel to the next. */
  readonly groupA: number;
  readonly rowA: number;
  readonly columnA: number;
  /** From a phase's pixel to the next, in rows and columns. */
  readonly stepX: readonly [number, number];
  readonly stepY: readonly [number, number];
  /** No tap leaves the input. */
  readonly isInside: boolean;
  /** One tap a channel, on the pixel itself. */
  readonly isPointwise: boolean;
  readonly epilogue: Epilogue;
}

interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly shader: TypedShader;
}

/**
 * All have 128 invocations with 32 sums each. While outputs are many: the fewer channels a group has, the wider over pixels. Where such
 * tiles would be few, smaller ones that slices of the invocations share.
 */
const TILES = [
  { rows: 64, columns: 64, blockTaps: 16, slices: 1 },
  { rows: 32, columns: 128, blockTaps: 16, slices: 1 },
  { rows: 16, columns: 256, blockTaps: 8, slices: 1 },
  { rows: 32, columns: 32, blockTaps: 32, slices: 4 },
  { rows: 16, columns: 16, blockTaps: 64, slices: 16 },
] as const;

const tilesOf = (name: string, code: string): readonly Tile[] =>
  TILES.map(({ rows, columns, blockTaps, slices }) => ({
    rows,
    columns,
    shader: typedShader(name, withConstants(code, { BM: rows, BN: columns, BK: blockTaps, SLICES: slices })),
  }));

const TILED = tilesOf("conv2d", tiledCode);
const POINTWISE = tilesOf("conv2dPointwise", pointwiseCode);
const DIRECT = typedShader("conv2dDirect", directCode);

/** From so many channels a group on a tile is full enough to beat loading every input once a channel. */
const TILED_FROM = 8;
/** Workgroups that keep a good part of a large GPU busy. */
const ENOUGH_WORKGROUPS = 64;

/** The launches of a product; none for an empty result. */
export function planProduct(one: ConvProduct, limits: Limits): readonly Step[] {
  if (product(one.y.shape) === 0) return [];
  const rows = (one.y.shape[1] as number) / one.groups;
  if (rows < TILED_FROM) return [direct(one, rows, limits)];
  const isPointwise = one.isPointwise && one.taps.pixels % 4 === 0;
  const columns = (one.x.shape[0] as number) * one.taps.pixels;
  const tile = chooseTile(isPointwise ? POINTWISE : TILED, rows, columns, one.groups * one.taps.phases);
  const [tilesM, tilesN] = [Math.ceil(rows / tile.rows), Math.ceil(columns / tile.columns)];
  const grid = { rows, tilesM, tilesN };
  return [
    {
      shader: tile.shader(one.x.dtype),
      ...(isPointwise ? pointwise(one, grid) : tiled(one, grid)),
      grid: gridFor(tilesM * tilesN * one.groups * one.taps.phases, limits, 1),
    },
  ];
}

/** The first that its rows more than half fill and that there are enough of, or the last. */
const chooseTile = (tiles: readonly Tile[], rows: number, columns: number, products: number): Tile =>
  tiles.find(
    (tile) =>
      rows > tile.rows / 2 && Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns) * products >= ENOUGH_WORKGROUPS,
  ) ?? (tiles.at(-1) as Tile);

interface TileGrid {
  readonly rows: number;
  readonly tilesM: number;
  readonly tilesN: number;
}

function tiled(one: ConvProduct, { rows, tilesM, tilesN }: TileGrid): Omit<Launch, "shader" | "grid"> {
  const { a, x, y, taps, groups, groupA, rowA, epilogue } = one;
  const [images, channels, height, width] = x.shape as [number, number, number, number];
  const plane = height * width;
  return {
    constants: { ...epilogueConstants(epilogue), ...(one.isInside && { hasBounds: 0 }) },
    params: [
      ...[rows, groups, images, taps.phases, tilesM, tilesN, height, width],
      ...[channels * plane, (channels / groups) * plane, groupA, rowA],
      ...[planeOf(y), y.shape[3] as number, ...one.stepX, ...one.stepY],
    ],
    bindings: [a, x, { table: taps.table }, ...epilogueBindings(epilogue), y],
  };
}

function pointwise(one: ConvProduct, { rows, tilesM, tilesN }: TileGrid): Omit<Launch, "shader" | "grid"> {
  const { a, x, y, taps, groups, groupA, rowA, columnA, epilogue } = one;
  const quads = planeOf(y) / 4;
  return {
    constants: epilogueConstants(epilogue),
    params: [rows, taps.taps, groups, x.shape[0] as number, tilesM, tilesN, quads, groupA, rowA, columnA],
    bindings: [a, x, ...epilogueBindings(epilogue), y],
  };
}

function direct(one: ConvProduct, rows: number, limits: Limits): Launch {
  const { a, x, y, taps, groups, groupA, rowA, epilogue } = one;
  const channels = rows > 2 ? 4 : rows;
  const blocks = Math.ceil(rows / channels);
  const quads = Math.ceil(taps.pixels / 4);
  const [images, inputChannels, height, width] = x.shape as [number, number, number, number];
  const plane = height * width;
  return {
    shader: DIRECT(x.dtype),
    constants: { channelsEach: channels, ...epilogueConstants(epilogue) },
    params: [
      ...[rows, groups, images, taps.phases, blocks, quads, height, width],
      ...[inputChannels * plane, (inputChannels / groups) * plane, groupA, rowA],
      ...[planeOf(y), y.shape[3] as number, ...one.stepX, ...one.stepY],
    ],
    bindings: [a, x, { table: taps.table }, ...epilogueBindings(epilogue), y],
    grid: gridFor(images * taps.phases * groups * blocks * quads, limits),
  };
}

const planeOf = ({ shape }: GpuOperand): number => (shape[2] as number) * (shape[3] as number);
