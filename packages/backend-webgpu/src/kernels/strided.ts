import {
  type Axis,
  type Gathering,
  isWalkInUnits,
  product,
  type StridedWalk,
  stridedWalk,
  transposedAxis,
  walkInUnits,
} from "@vertebra/core/plan";
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

/** y[i] = x[start + Σ i · steps], y being contiguous. */
export function stridedLaunches(
  op: string,
  x: GpuOperand,
  y: GpuOperand,
  gathering: Gathering,
  limits: Limits,
): readonly Launch[] {
  if (product(gathering.sizes) === 0) return [];
  const walk = stridedWalk(op, gathering);
  const lines = bytesOf(x) === 4 ? transposedAxis(walk, SHORTEST_SIDE) : -1;
  return [lines < 0 ? gatherLaunch(x, y, walk, limits) : transposeLaunch(x, y, { ...walk, lines }, limits)];
}

function gatherLaunch(x: GpuOperand, y: GpuOperand, walk: StridedWalk, limits: Limits): Launch {
  const bytes = bytesOf(x);
  const together = elementsTogether(bytes, (elements) => isWalkInUnits(walk, elements));
  const { axes, start } = walkInUnits(walk, together);
  const elements = product(axes.map(([size]) => size));
  const params = [elements, start, axes.length, 0];
  for (const [size, step = 0] of axes) params.push(size, step);
  const writes = Math.ceil(elements / perWord(together * bytes));
  return {
    ...moverFor(STRIDED, together * bytes),
    params,
    bindings: [x, y],
    grid: gridFor(writes, limits, LINE * WRITES),
  };
}

/** A walk with the axis to be transposed with the last one. */
interface TransposedWalk extends StridedWalk {
  readonly lines: number;
}

function transposeLaunch(x: GpuOperand, y: GpuOperand, { axes, start, lines: linesAt }: TransposedWalk, limits: Limits): Launch {
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
