import type { KernelTable } from "@vertebra/core";
import { type IndexedRows, indexedRows, product } from "@vertebra/core/plan";
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
  const rows = indexedRows("scatterAdd", values.shape, shape, axis);
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

/** Whether an invocation takes a row, instead of a workgroup. */
function isForLanes({ count, length, step }: IndexedRows): boolean {
  return length <= FEW_VALUES || (count >= MANY_ROWS && step >= SIDE_BY_SIDE);
}

function wordsOf({ count, length, size, step, yStep, axes }: IndexedRows, isZeroed: boolean): number[] {
  const words = [count, length, size, step, yStep, isZeroed ? 1 : 0, axes.length, 0];
  for (const [own, ownStep = 0, ownYStep = 0] of axes) words.push(own, ownStep, ownYStep, 0);
  return words;
}
