import type { KernelTable } from "@vertebra/core";
import { type Axis, collapse, product, requireWalkable, stridesOf } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, LINE, type Plan } from "../launch";
import { shader } from "../shader";
import { fillLaunch } from "./fill";
import code from "./scatterAdd.wgsl";
import lanesCode from "./scatterAddLanes.wgsl";

const BY_GROUPS = shader("scatterAdd", code);
const BY_LANES = shader("scatterAdd by lanes", lanesCode);

/** Rows that fill a GPU with an invocation for each. */
const MANY_ROWS = 4096;
/** Neighbours in a row's direction that read and write whole cache lines. */
const SIDE_BY_SIDE = 16;
/** Values of a row that one invocation is quick enough with. */
const FEW_VALUES = 8;
/** Values up to which a small workgroup takes a row. */
const SHORT_ROW = 128;

/** Zeros of `shape` with values[i, j, k] added at [i, indices[i, j, k], k] for axis 1, and so on. */
export const scatterAdd: Plan<KernelTable["scatterAdd"]> = (inputs, outputs, { axis, shape }, limits) => {
  const [values, indices] = inputs as [GpuOperand, GpuOperand];
  const y = outputs[0] as GpuOperand;
  if (product(shape) === 0) return [];
  if (product(values.shape) === 0) return [fillLaunch(y, 0, limits)];
  const rows = rowsOf(values.shape, shape, axis);
  const bindings = [values, indices, y];
  const zeros = fillLaunch(y, 0, limits);
  if (isForLanes(rows)) {
    return [zeros, { shader: BY_LANES, params: wordsOf(rows, false), bindings, grid: gridFor(rows.count, limits) }];
  }
  // A workgroup fills its row itself.
  const params = wordsOf(rows, rows.areAll);
  const constants = { SIZE: rows.length > SHORT_ROW ? 256 : LINE };
  const launch = { shader: BY_GROUPS, constants, params, bindings, grid: gridFor(rows.count, limits, 1) };
  return rows.areAll ? [launch] : [zeros, launch];
};

/** The values along the indexed axis for one index of all others, and where they go. */
interface Rows {
  readonly count: number;
  /** Values, and elements of y, of a row. */
  readonly length: number;
  readonly size: number;
  /** From one to the next in the values, which is how many rows lie side by side, and in y. */
  readonly step: number;
  readonly yStep: number;
  /** The other axes: size, step of the values, step of y. */
  readonly axes: readonly Axis[];
  /** Whether y has no rows without values. */
  readonly areAll: boolean;
}

function rowsOf(from: readonly number[], to: readonly number[], axis: number): Rows {
  const [steps, ySteps] = [stridesOf(from), stridesOf(to)];
  const others = <T>(list: readonly T[]): T[] => list.filter((_, i) => i !== axis);
  const axes = collapse(others(from), others(steps), others(ySteps));
  requireWalkable("scatterAdd", from, axes);
  return {
    count: product(others(from)),
    length: from[axis] as number,
    size: to[axis] as number,
    step: steps[axis] as number,
    yStep: ySteps[axis] as number,
    axes,
    areAll: product(others(from)) === product(others(to)),
  };
}

/** Whether an invocation takes a row, instead of a workgroup. */
function isForLanes({ count, length, step }: Rows): boolean {
  return length <= FEW_VALUES || (count >= MANY_ROWS && step >= SIDE_BY_SIDE);
}

function wordsOf({ count, length, size, step, yStep, axes }: Rows, isZeroed: boolean): number[] {
  const words = [count, length, size, step, yStep, isZeroed ? 1 : 0, axes.length, 0];
  for (const [own, ownStep = 0, ownYStep = 0] of axes) words.push(own, ownStep, ownYStep, 0);
  return words;
}
