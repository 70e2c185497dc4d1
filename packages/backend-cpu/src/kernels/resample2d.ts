import type { KernelTable, WeightedWindows } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Launch, Plan } from "../launch";
import { tasksFor } from "./axes";
import { columnTables, rowTables, uniformWeight } from "./resample-tables";

/** y = rows · x · columnsᵀ, plane by plane. */
export const resample2d: Plan<KernelTable["resample2d"]> = (inputs, outputs, { rows, columns }, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  if (product(y.shape) === 0) return null;
  const [rowWeight, columnWeight] = [uniformWeight(rows), uniformWeight(columns)];
  if (rowWeight !== undefined && columnWeight !== undefined) return planeMean(x, y, rowWeight * columnWeight, workers);
  return weighted(x, y, rows, columns, workers);
};

function planeMean(x: CpuOperand, y: CpuOperand, weight: number, workers: number): Launch {
  const planes = product(x.shape.slice(0, 2));
  const elements = product(x.shape);
  return {
    entry: "resample2dPlaneMean",
    ints: [x.pointer, y.pointer, planes, elements / planes, tasksFor(elements, workers)],
    floats: [weight],
  };
}

function weighted(x: CpuOperand, y: CpuOperand, rows: WeightedWindows, columns: WeightedWindows, workers: number): Launch {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [ho, wo] = y.shape.slice(2) as [number, number];
  const { weights, segments } = columnTables(columns);
  // Columns are combined on min(h, ho) rows, rows on the width that is left or still there.
  const steps = n * c * (Math.min(h, ho) * wo * columns.taps + ho * rows.taps * (ho <= h ? w : wo));
  const scratchStride = align((ho <= h ? w : h * wo) * 4 + VECTOR_BYTES);
  return {
    entry: "resample2d",
    ints: [
      ...[x.pointer, y.pointer, 0, 0, 0, 0, 0, 0, 0, 0],
      ...[n * c, h, w, ho, wo, rows.taps, segments.length / 3, scratchStride, Math.min(n * c, tasksFor(steps, workers))],
    ],
    scratchBytes: workers * scratchStride,
    scratchAt: 2,
    tables: [rows.starts, rows.counts, rowTables(rows).weights, columns.starts, columns.counts, weights, segments],
    tablesAt: 3,
  };
}

const VECTOR_BYTES = 64;

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;
