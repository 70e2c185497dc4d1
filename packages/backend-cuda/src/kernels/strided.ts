import {
  type Axis,
  type Gathering,
  isWalkInUnits,
  MAX_AXES,
  product,
  type StridedWalk,
  stridedWalk,
  transposedAxis,
  walkInUnits,
} from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Launch, LINE } from "../launch";
import { divisorWords } from "./divisor";
import { bytesOf, elementsTogether, gridOfWords } from "./units";

const strided = kernelsOf("strided");
const transpose = kernelsOf("transpose");

/** As in transpose.cu. */
const TILE = 32;
/** Sides under which a tile would be mostly empty. */
const SHORTEST_SIDE = 16;

/** y[i] = x[start + Σ i · steps], y being contiguous. */
export function stridedSteps(op: string, x: CudaOperand, y: CudaOperand, gathering: Gathering): readonly Launch[] {
  if (product(gathering.sizes) === 0) return [];
  const walk = stridedWalk(op, gathering);
  const lines = transposedAxis(walk, SHORTEST_SIDE);
  return [lines < 0 ? gatherLaunch(x, y, walk) : transposeLaunch(x, y, walk, lines)];
}

function gatherLaunch(x: CudaOperand, y: CudaOperand, walk: StridedWalk): Launch {
  const together = elementsTogether(bytesOf(x), (elements) => isWalkInUnits(walk, elements));
  const { axes, start } = walkInUnits(walk, together);
  const units = product(axes.map(([size]) => size));
  const words = [units, start, axes.length];
  for (let axis = 0; axis < MAX_AXES; axis++) {
    const [size, step = 0] = axes[axis] ?? [1];
    words.push(...divisorWords(size), step);
  }
  const unitBytes = together * bytesOf(x);
  return { kernel: strided(`strided_${unitBytes}`), bindings: [x, y], words, grid: gridOfWords(units, unitBytes), block: LINE };
}

function transposeLaunch(x: CudaOperand, y: CudaOperand, { axes, start }: StridedWalk, linesAt: number): Launch {
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
