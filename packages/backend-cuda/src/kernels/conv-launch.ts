import type { FusedActivation } from "@vertebra/core";
import type { TapTable } from "@vertebra/core/plan";
import { type CudaOperand, type Launch, LINE, type Scratch } from "../launch";

/** The product y = Σ a · x of a convolution, or of its gradient by the input. */
export interface ConvProduct {
  readonly a: CudaOperand | Scratch;
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

/** Output channels of a group × pixels that a block makes. */
export interface ConvTile {
  readonly rows: number;
  readonly columns: number;
}

/** As convolution.h numbers them. */
const ACTIVATIONS: { readonly [A in FusedActivation]: number } = { none: 0, relu: 1, relu6: 2, silu: 3 };

/** Tiles down and across the product of a group and phase, and of all of them. */
export function tileCounts({ x, y, taps, groups }: ConvProduct, tile: ConvTile) {
  const down = Math.ceil((y.shape[1] as number) / groups / tile.rows);
  const across = Math.ceil(((x.shape[0] as number) * taps.pixels) / tile.columns);
  return { down, across, blocks: down * across * groups * taps.phases };
}

/** All but the kernel and how many blocks it has: ConvParams of convolution.h. */
export function launchOf(one: ConvProduct, rows: number, tiles: readonly [number, number]): Omit<Launch, "kernel" | "grid"> {
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
