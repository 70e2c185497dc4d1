import type { KernelTable, Windows } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";
import { longestRegularRun, type RegularRun } from "./regular-run";

/** y, indices = largest of each window, and where it is. */
export const maxPool2d: Plan<KernelTable["maxPool2d"]> = (inputs, outputs, { rows, columns }, workers) => {
  const [x] = inputs as [CpuOperand];
  const [y, indices] = outputs as [CpuOperand, CpuOperand];
  const elements = product(y.shape);
  if (elements === 0) return null;
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const [ho, wo] = y.shape.slice(2) as [number, number];
  const run = vectorRun(columns);
  const taps = run.count * (rows.counts[ho >> 1] as number);
  const tables = [rows.starts, rows.counts, columns.starts, columns.counts];
  return {
    entry: "maxPool2d",
    ints: [
      ...[x.pointer, y.pointer, indices.pointer, 0, 0, 0, 0],
      ...[n * c, h, w, ho, wo, rows.step, columns.step],
      ...[run.begin, run.end, run.count, run.stride],
      tasksFor(elements * taps, workers),
    ],
    tables,
    tablesAt: 3,
  };
};

/** Strides up to here are worth gathering, and read less behind the end of a buffer than the allocator allows. */
const MAX_STRIDE = 4;

const NO_RUN: RegularRun = { begin: 0, end: 0, count: 1, stride: 1 };

function vectorRun(columns: Windows): RegularRun {
  const run = longestRegularRun(columns);
  return run.stride >= 1 && run.stride <= MAX_STRIDE ? run : NO_RUN;
}
