import { DTYPES, type DType } from "@vertebra/core";
import { type Axis, collapse, patternOf, product, requireWalkable } from "@vertebra/core/plan";
import type { CpuOperand, Launch } from "../launch";
import { pushAxes, tasksFor } from "./axes";

export const elementBytesOf = ({ dtype }: CpuOperand): number => DTYPES[dtype as DType].bytes;

/** Where a strided copy reads and writes: loop sizes, and for each operand its first element and its steps along the loops. */
export interface StridedCopy {
  readonly sizes: readonly number[];
  readonly xSteps: readonly number[];
  readonly ySteps: readonly number[];
  readonly xStart?: number;
  readonly yStart?: number;
}

/** The struct of strided.h for y[yStart + i · ySteps] = x[xStart + i · xSteps], i over `sizes`; null if that is nothing. */
export function stridedCopy(
  op: string,
  x: CpuOperand,
  y: CpuOperand,
  copy: StridedCopy,
  workers: number,
): readonly number[] | null {
  const { sizes, xSteps, ySteps, xStart = 0, yStart = 0 } = copy;
  const elements = product(sizes);
  if (elements === 0) return null;
  const bytes = elementBytesOf(x);
  const axes = collapse(sizes, xSteps, ySteps);
  const [columns, xStep, yStep] = (axes.pop() ?? [1, 1, 1]) as [number, number, number];
  const [lines, , yLine] = takeLines(axes, xStep, yStep) as [number, number, number];
  requireWalkable(op, sizes, axes);
  const rows = elements / columns / lines;
  const tasks = tasksFor(elements, workers);
  const ints = [x.pointer + xStart * bytes, y.pointer + yStart * bytes, bytes, tasks, rows, columns, xStep, yStep, lines, yLine];
  pushAxes(ints, axes);
  return ints;
}

/** Takes the axis out of `axes` that x is contiguous in, if the innermost one isn't: the two are transposed square by square. */
function takeLines(axes: Axis[], xStep: number, yStep: number): Axis {
  const at = xStep > 1 && yStep === 1 ? axes.findIndex(([, step]) => step === 1) : -1;
  return (at < 0 ? undefined : axes.splice(at, 1)[0]) ?? [1, 0, 0];
}

/** The struct FillArgs of strided.h: all elements of `y` become `value`. */
export function fillWords(y: CpuOperand, value: number, workers: number): readonly number[] {
  const bytes = product(y.shape) * elementBytesOf(y);
  return [y.pointer, bytes, patternOf(y.dtype, value), tasksFor(bytes / 4, workers)];
}

/** A launch whose struct is a StridedArgs and nothing else. */
export const launchStrided = (entry: string, ints: readonly number[] | null): Launch | null => ints && { entry, ints };
