import { type Axis, keptAndReduced, product, requireWalkable } from "@vertebra/core/plan";
import type { CpuOperand, Launch } from "../launch";
import { pushAxes, tasksFor } from "./axes";

/** As in reduce.h. */
const COLUMNS = 256;
const LEAF_ROWS = 64;
/** With fewer units of work than this, outputs of more elements than a part has are cut into parts. */
const ENOUGH_UNITS = 64;
const PART_ELEMENTS = 32768;

/** A launch of `op`'s entry for x's dtype with the struct ReduceArgs of reduce.h; x must not be empty. */
export function reduceLaunch(op: string, x: CpuOperand, y: CpuOperand, axes: readonly number[], workers: number): Launch {
  const { kept, reduced } = keptAndReduced(x.shape, axes);
  requireWalkable(op, x.shape, kept);
  requireWalkable(op, x.shape, reduced);
  // The innermost axis has step 1; it is in one list or, for one element, in none.
  const isRowwise = kept.at(-1)?.[1] !== 1;
  const [inner] = ((isRowwise ? reduced : kept).pop() ?? [1]) as readonly [number];
  const outer = sizeOf(kept);
  const rows = sizeOf(reduced);
  const { rowParts, innerParts } = isRowwise ? cutRows(outer, rows, inner) : cutColumns(outer, rows, inner);
  const entry = x.dtype === "i32" ? `${op}Ints` : op;
  const parts = rowParts * innerParts;
  const units = outer * parts * (isRowwise ? 1 : Math.ceil(inner / COLUMNS));
  const tasks = Math.min(units, tasksFor(product(x.shape), workers));
  const ints = [x.pointer, y.pointer, y.pointer, tasks, Number(isRowwise), outer, rows, inner, rowParts, innerParts];
  pushAxes(ints, kept, reduced);
  return parts === 1 ? { entry, ints } : { entry, ints, scratchBytes: outer * parts * (isRowwise ? 1 : inner) * 4, scratchAt: 2 };
}

const sizeOf = (axes: readonly Axis[]): number => product(axes.map(([size]) => size));

interface Cut {
  readonly rowParts: number;
  readonly innerParts: number;
}

function cutRows(outer: number, rows: number, inner: number): Cut {
  if (outer >= ENOUGH_UNITS || rows * inner <= PART_ELEMENTS) return { rowParts: 1, innerParts: 1 };
  if (inner > PART_ELEMENTS) return { rowParts: rows, innerParts: Math.ceil(inner / PART_ELEMENTS) };
  return { rowParts: Math.ceil(rows / Math.floor(PART_ELEMENTS / inner)), innerParts: 1 };
}

function cutColumns(outer: number, rows: number, inner: number): Cut {
  const units = outer * Math.ceil(inner / COLUMNS);
  const partRows = Math.max(LEAF_ROWS, PART_ELEMENTS / Math.min(inner, COLUMNS));
  return { rowParts: units >= ENOUGH_UNITS ? 1 : Math.ceil(rows / partRows), innerParts: 1 };
}
