import type { FusedTable, KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { adagradStep } from "./adagradStep";
import { adamStep } from "./adamStep";
import { amax } from "./amax";
import { argmax } from "./argmax";
import { batchNormTrain } from "./batchNormTrain";
import { batchNormTrainGrad } from "./batchNormTrainGrad";
import { concat } from "./concat";
import { conv2d } from "./conv2d";
import { conv2dFused } from "./conv2dFused";
import { conv2dInputGrad } from "./conv2dInputGrad";
import { conv2dWeightGrad } from "./conv2dWeightGrad";
import { copyInto } from "./copyInto";
import { elementwise } from "./elementwise";
import { expand } from "./expand";
import { fill } from "./fill";
import { gather } from "./gather";
import { logSoftmax } from "./logSoftmax";
import { matmul } from "./matmul";
import { maxPool2d } from "./maxPool2d";
import { pad } from "./pad";
import { padGrad } from "./padGrad";
import { permute } from "./permute";
import { prod } from "./prod";
import { prodGrad } from "./prodGrad";
import { resample2d } from "./resample2d";
import { rmspropStep } from "./rmspropStep";
import { scaleShift } from "./scaleShift";
import { scaleShiftFused } from "./scaleShiftFused";
import { scatterAdd } from "./scatterAdd";
import { sgdStep } from "./sgdStep";
import { slice } from "./slice";
import { sliceGrad } from "./sliceGrad";
import { softmax } from "./softmax";
import { sum } from "./sum";
import { toDtype } from "./toDtype";
import { topK } from "./topK";
import { uniform } from "./uniform";
import { updateRunningStats } from "./updateRunningStats";

/** One plan per op; a missing one doesn't compile. */
export const plans: { readonly [K in keyof KernelTable]: Plan<KernelTable[K]> } = {
  ...elementwise,
  adagradStep,
  adamStep,
  amax,
  argmax,
  batchNormTrain,
  batchNormTrainGrad,
  concat,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  copyInto,
  expand,
  fill,
  gather,
  logSoftmax,
  matmul,
  maxPool2d,
  pad,
  padGrad,
  permute,
  prod,
  prodGrad,
  resample2d,
  rmspropStep,
  scaleShift,
  scatterAdd,
  sgdStep,
  slice,
  sliceGrad,
  softmax,
  sum,
  toDtype,
  topK,
  uniform,
  updateRunningStats,
};

export const fusedPlans: { readonly [K in keyof FusedTable]: Plan<FusedTable[K]> } = { conv2dFused, scaleShiftFused };
