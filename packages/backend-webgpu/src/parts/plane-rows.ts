import type { GpuOperand } from "../launch";
import { type Calls, type Run, ranges } from "./calls";

/** A plane [1, 1, H, W] as its rows [H, W], in the same memory. */
export const rowsOf = (plane: GpuOperand): GpuOperand => ({ ...plane, shape: plane.shape.slice(2) });

export const planeOf = (rows: GpuOperand): GpuOperand => ({ ...rows, shape: [1, 1, ...rows.shape] });

export const heightOf = ({ shape }: GpuOperand): number => shape[2] as number;

export const readRows = (calls: Calls, plane: GpuOperand, run: Run): GpuOperand => planeOf(calls.read(rowsOf(plane), run));

/**
 * Runs of the rows of planes of one height, at most `most` each and as many as can be bound.
 * @throws OutOfMemoryError where that is none, or there is one row only.
 */
export function runsOfRows(calls: Calls, planes: readonly GpuOperand[], most: number): readonly Run[] {
  const height = heightOf(planes[0] as GpuOperand);
  const rows = Math.min(most, calls.rowsPerRun(planes.map(rowsOf)), height - 1);
  return rows < 1 ? calls.refuse() : ranges(height, rows);
}
