import { type Axis, collapse, product, requireWalkable } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Launch, LINE, type Limits } from "../launch";
import { shader } from "../shader";
import code from "./strided.wgsl";
import transposeCode from "./transpose.wgsl";
import { bytesOf, elementsTogether, mover, moverFor, perWord, WRITES } from "./units";

const STRIDED = mover("strided", code);
const TRANSPOSE = shader("transpose", transposeCode);

/** As in transpose.wgsl. */
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
export function stridedLaunches(
  op: string,
  x: GpuOperand,
  y: GpuOperand,
  gathering: Gathering,
  limits: Limits,
): readonly Launch[] {
  const { sizes, steps, start = 0 } = gathering;
  if (product(sizes) === 0) return [];
  const axes = collapse(sizes, steps);
  requireWalkable(op, sizes, axes);
  if (axes.length === 0) axes.push([1, 1]);
  const lines = bytesOf(x) === 4 ? linesOf(axes) : -1;
  const launch = lines < 0 ? gatherLaunch : transposeLaunch;
  return [launch(x, y, { axes, start, lines }, limits)];
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

function gatherLaunch(x: GpuOperand, y: GpuOperand, walk: Walk, limits: Limits): Launch {
  const bytes = bytesOf(x);
  const together = elementsTogether(bytes, (elements) => isWhole(walk, elements));
  const axes = walk.axes.map(([size, step = 0], i): Axis => {
    if (i < walk.axes.length - 1) return [size, step / together];
    return together === 1 ? [size, step] : [Math.ceil(size / together), 1];
  });
  const elements = product(axes.map(([size]) => size));
  const params = [elements, walk.start / together, axes.length, 0];
  for (const [size, step = 0] of axes) params.push(size, step);
  const writes = Math.ceil(elements / perWord(together * bytes));
  return {
    ...moverFor(STRIDED, together * bytes),
    params,
    bindings: [x, y],
    grid: gridFor(writes, limits, LINE * WRITES),
  };
}

/** True if y is rows of `elements` elements side by side in x, each at a multiple of them. A single row may end with a part. */
function isWhole({ axes, start }: Walk, elements: number): boolean {
  const [size, step] = axes.at(-1) as Axis;
  const isInWholes = step === 1 && start % elements === 0 && (size % elements === 0 || axes.length === 1);
  return isInWholes && axes.every(([, own = 0], i) => i === axes.length - 1 || own % elements === 0);
}

function transposeLaunch(x: GpuOperand, y: GpuOperand, { axes, start, lines: linesAt }: Walk, limits: Limits): Launch {
  const [columns, xStep = 0] = axes.at(-1) as Axis;
  const [lines] = axes[linesAt] as Axis;
  const others: number[] = [];
  let yStep = 1;
  let yLine = 1;
  for (let i = axes.length - 1; i >= 0; i--) {
    const [size, step = 0] = axes[i] as Axis;
    if (i === linesAt) yLine = yStep;
    else if (i < axes.length - 1) others.unshift(size, step, yStep, 0);
    yStep *= size;
  }
  const [across, down] = [Math.ceil(columns / TILE), Math.ceil(lines / TILE)];
  const tiles = (across * down * yStep) / (columns * lines);
  return {
    shader: TRANSPOSE,
    params: [tiles, across, down, start, columns, lines, xStep, yLine, others.length / 4, 0, 0, 0, ...others],
    bindings: [x, y],
    grid: gridFor(tiles, limits, 1),
  };
}
