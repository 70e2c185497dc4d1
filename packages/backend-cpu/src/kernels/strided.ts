import { DTYPES, type DType, encode } from "@vertebra/core";
import type { CpuOperand, Launch } from "../launch";
import { type Axis, collapse, product, pushAxes, requireWalkable, tasksFor } from "./axes";

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
  return [y.pointer, bytes, patternOf(y, value), tasksFor(bytes / 4, workers)];
}

const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);

/** The bits of `value` as an element of `operand`, repeated to 32. */
export function patternOf({ dtype }: CpuOperand, value: number): number {
  if (dtype === "f32") {
    float[0] = value;
    return floatBits[0] as number;
  }
  const element = encode([value], dtype as DType);
  const pattern = Uint8Array.from({ length: 4 }, (_, i) => element[i % element.length] as number);
  return new Int32Array(pattern.buffer)[0] as number;
}

/** A launch whose struct is a StridedArgs and nothing else. */
export const launchStrided = (entry: string, ints: readonly number[] | null): Launch | null => ints && { entry, ints };

/** Where the element at `index` lies. */
export const offsetOf = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((offset, i, axis) => offset + i * (strides[axis] as number), 0);

/** Strides of every steps[i]-th index. */
export const timesSteps = (strides: readonly number[], steps: readonly number[]): number[] =>
  strides.map((stride, axis) => stride * (steps[axis] as number));
