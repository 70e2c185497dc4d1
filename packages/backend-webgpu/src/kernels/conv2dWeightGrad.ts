import type { KernelTable } from "@vertebra/core";
import { columnTable, convSizes, product } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Launch, type Plan } from "../launch";
import { typedShader, withConstants } from "../shader";
import tiledCode from "./conv2dWeightGrad.wgsl";
import directCode from "./conv2dWeightGradDirect.wgsl";
import { lanesFor, sizeFor } from "./sharing";
import { partsOf, sumParts } from "./sum-parts";

const DIRECT = typedShader("conv2dWeightGradDirect", directCode);
const tile = (rows: number, columns: number) => ({
  rows,
  columns,
  shader: typedShader("conv2dWeightGrad", withConstants(tiledCode, { BM: rows, BN: columns })),
});
/** Both have 32 sums an invocation: 128 of them, or 32 where there are few weights. */
const TILES = [tile(64, 64), tile(32, 32)] as const;

/** Weights a group under which most of a tile would be empty. */
const TILED_FROM = 256;
const MIN_ROWS = 8;
/** Invocations that share the pixels of such a weight. */
const MAX_LANES = 256;
/** Workgroups that keep a large GPU busy; a sum is divided among more of them where its tiles are fewer. */
const ENOUGH_WORKGROUPS = 128;
/** Fewer parts aren't worth the launch that adds them, and the memory that they go through. */
const MIN_PARTS = 4;
/** Pixels that are worth a workgroup of their own, and of the kernel's blocks. */
const PART_PIXELS = 256;
const BLOCK_PIXELS = 16;

/** dw [O, C / groups, KH, KW] from x [N, C, H, W] and dy [N, O, HO, WO]. */
export const conv2dWeightGrad: Plan<KernelTable["conv2dWeightGrad"]> = (inputs, outputs, attrs, limits) => {
  const [x, dy] = inputs as [GpuOperand, GpuOperand];
  const dw = outputs[0] as GpuOperand;
  const elements = product(dw.shape);
  if (elements === 0) return [];
  const sizes = convSizes(x.shape, dw.shape, dy.shape);
  const { n, c, o, h, w, ho, wo, kh, kw } = sizes;
  const { groups, stride, padding } = attrs;
  const [rows, columns, pixels] = [o / groups, (c / groups) * kh * kw, n * ho * wo];
  const table = { table: columnTable(sizes, attrs) };
  const ofX = [h, w, c * h * w, (c / groups) * h * w, ...stride, padding[0], padding[2]];
  if (rows < MIN_ROWS || rows * columns < TILED_FROM) {
    const lanes = lanesFor(pixels, MAX_LANES);
    const size = sizeFor(lanes);
    return [
      {
        shader: DIRECT(x.dtype),
        constants: { LANES: lanes, SIZE: size },
        params: [rows, columns, groups, pixels, ho * wo, wo, ...ofX],
        bindings: [x, dy, table, dw],
        grid: gridFor(elements, limits, size / lanes),
      },
    ];
  }
  const chosen = rows > TILES[1].rows && columns > TILES[1].columns ? TILES[0] : TILES[1];
  const [tilesM, tilesN] = [Math.ceil(rows / chosen.rows), Math.ceil(columns / chosen.columns)];
  const { count, length } = divide(pixels, tilesM * tilesN * groups);
  const parts = partsOf(dw, count);
  const sums: Launch = {
    shader: chosen.shader(x.dtype, count === 1 ? dw.dtype : "f32"),
    params: [rows, columns, groups, pixels, ho * wo, wo, count, length, parts.elements, tilesM, tilesN, ...ofX],
    bindings: [x, dy, table, count === 1 ? dw : parts.scratch],
    grid: gridFor(tilesM * tilesN * groups * count, limits, 1),
  };
  return count === 1 ? [sums] : [sums, sumParts(parts, dw, limits)];
};

/** Into how many parts of how many pixels, whole blocks of the kernel, a sum is divided that has `tiles` workgroups. */
function divide(pixels: number, tiles: number): { readonly count: number; readonly length: number } {
  const wanted = Math.min(Math.floor(ENOUGH_WORKGROUPS / tiles), Math.floor(pixels / PART_PIXELS));
  const length = Math.max(BLOCK_PIXELS, Math.ceil(pixels / (wanted < MIN_PARTS ? 1 : wanted) / BLOCK_PIXELS) * BLOCK_PIXELS);
  return { count: Math.max(1, Math.ceil(pixels / length)), length };
}
