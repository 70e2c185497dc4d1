import { type Axis, collapse, MAX_AXES, product, requireWalkable } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, LINE } from "../launch";
import { divisorWords } from "./divisor";
import { bytesOf, elementsTogether, gridOfWords } from "./units";

const strided = kernelsOf("strided");
const transpose = kernelsOf("transpose");

/** As in transpose.cu. */
const TILE = 32;
/** Sides under which a tile would be mostly empty. */
const SHORTEST_SIDE = 16;

/** Where y's elements come from: a step of x for each of y's axes. */
export interface Gathering {
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
  /** x's element that y's first one is. Default: 0. */
  readonly start?: number;
}

/** y[i] = x[start + Σ i · steps], y being contiguous. */
export function stridedSteps(op: string, x: CudaOperand, y: CudaOperand, gathering: Gathering): readonly Launch[] {
  const { sizes, steps, start = 0 } = gathering;
  if (product(sizes) === 0) return [];
  const axes = collapse(sizes, steps);
  requireWalkable(op, sizes, axes);
  if (axes.length === 0) axes.push([1, 1]);
  const lines = linesOf(axes);
  return [(lines < 0 ? gatherLaunch : transposeLaunch)(x, y, { axes, start, lines })];
}

interface Walk {
  /** Size and step of x. */
  readonly axes: readonly Axis[];
  readonly start: number;
  /** The axis that x is contiguous in, where it is to be transposed with the last one. */
  readonly lines: number;
}

/** The axis that is worth being transposed with the innermost one; −1 if none is. */
function linesOf(axes: readonly Axis[]): number {
  const [columns, step] = axes.at(-1) as Axis;
  if ((step as number) <= 1 || columns < SHORTEST_SIDE) return -1;
  return axes.findIndex(([size, ownStep]) => ownStep === 1 && size >= SHORTEST_SIDE);
}

function gatherLaunch(x: CudaOperand, y: CudaOperand, walk: Walk): Launch {
  const together = elementsTogether(bytesOf(x), (elements) => isWhole(walk, elements));
  const axes = walk.axes.map(([size, step = 0], i): Axis => {
    if (i < walk.axes.length - 1) return [size, step / together];
    return together === 1 ? [size, step] : [Math.ceil(size / together), 1];
  });
  const units = product(axes.map(([size]) => size));
  const words = [units, walk.start / together, axes.length];
  for (let axis = 0; axis < MAX_AXES; axis++) {
    const [size, step = 0] = axes[axis] ?? [1];
    words.push(...divisorWords(size), step);
  }
  const unitBytes = together * bytesOf(x);
  return { kernel: strided(`strided_${unitBytes}`), bindings: [x, y], words, grid: gridOfWords(units, unitBytes), block: LINE };
}

/** True if y is rows of `elements` elements side by side in x, each at a multiple of them. A single row may end with a part. */
function isWhole({ axes, start }: Walk, elements: number): boolean {
  const [size, step] = axes.at(-1) as Axis;
  const isInWholes = step === 1 && start % elements === 0 && (size % elements === 0 || axes.length === 1);
  return isInWholes && axes.every(([, own = 0], i) => i === axes.length - 1 || own % elements === 0);
}

function transposeLaunch(x: CudaOperand, y: CudaOperand, { axes, start, lines: linesAt }: Walk): Launch {
  const [columns, xStep = 0] = axes.at(-1) as Axis;
  const [lines] = axes[linesAt] as Axis;
  const others: Axis[] = [];
  let yStep = 1;
  let yLine = 1;
  for (let i = axes.length - 1; i >= 0; i--) {
    const [size, step = 0] = axes[i] as Axis;
    if (i === linesAt) yLine = yStep;
    else if (i < axes.length - 1) others.unshift([size, step, yStep]);
    yStep *= size;
  }
  const [across, down] = [Math.ceil(columns / TILE), Math.ceil(lines / TILE)];
  const words = [...divisorWords(across), ...divisorWords(down), start, columns, lines, xStep, yLine, others.length];
  for (let axis = 0; axis < MAX_AXES; axis++) {
    const [size, step = 0, ownYStep = 0] = others[axis] ?? [1];
    words.push(...divisorWords(size), step, ownYStep);
  }
  const grid = across * down * product(others.map(([size]) => size));
  return { kernel: transpose(`transpose_${bytesOf(x)}`), bindings: [x, y], words, grid, block: TILE * 8 };
}
