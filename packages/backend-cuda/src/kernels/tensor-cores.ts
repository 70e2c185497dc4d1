import type { DType } from "@vertebra/core";
import { type KernelName, kernelsOf, type Limits } from "../launch";

/** Steps of a product that are added one after another: as in mma-tile.h. */
export const MOST_STEPS = 512;

/** Whether products of `dtype` may run on tensor cores: those of f32 only where the device was opened so. */
export const hasTensorCores = (dtype: DType, { tf32 }: Limits): boolean => dtype !== "f32" || tf32;

/** Terms that a tensor core adds in a step. */
export const stepTerms = (dtype: DType): number => (dtype === "f32" ? 8 : 16);

/** A tile of kernels on tensor cores. */
export interface TensorTile {
  readonly rows: number;
  readonly columns: number;
  /** By the instructions of compute capability 9.0. */
  readonly isByWarpgroups?: boolean;
}

/** As kernelsOf, of the module that has the tile's kernels; they name what they compute in. */
export const tensorKernelsOf =
  (byWarps: string, byWarpgroups: string) =>
  (name: string, dtype: DType, { isByWarpgroups = false }: Pick<TensorTile, "isByWarpgroups"> = {}): KernelName =>
    kernelsOf(isByWarpgroups ? byWarpgroups : byWarps)(`${name}_${dtype === "f32" ? "tf32" : dtype}`);

/** Whether the device has the instructions of the tile's kernels for this dtype. */
export const isAvailable = ({ isByWarpgroups }: TensorTile, dtype: DType, { warpgroups }: Limits): boolean =>
  !isByWarpgroups || (warpgroups && dtype !== "f32");

/** Of k in a tile: as in mma-tile.h. */
const LINE_BYTES = 64;
/** Two chunks more for each of 16 k. */
const GAP_BYTES = 16 * 2 * 16;

/** Shared memory that `lines` lines of an operand take: SPACE of mma-tile.h. */
export const bytesPerTile = (lines: number, isAlongK: boolean, dtype: DType): number =>
  lines * LINE_BYTES + (dtype === "f32" && !isAlongK ? GAP_BYTES : 0);

/** Of a line in a tile of warpgroups, along k or not: ATOM_BYTES of warpgroup-tile.h. */
const ATOM_BYTES = 128;

/** Shared memory that a ring of `slots` tiles of warpgroups takes. */
export const warpgroupBytes = (slots: number, { rows, columns }: TensorTile): number => slots * (rows + columns) * ATOM_BYTES;
