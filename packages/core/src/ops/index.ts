import type { AttrsOf } from "../op";
import { activationGradOps } from "./activation-grads";
import { adagradStepOp } from "./adagradStep";
import { adamStepOp } from "./adamStep";
import { amaxOp } from "./amax";
import { argmaxOp } from "./argmax";
import { batchNormTrainOp } from "./batchNormTrain";
import { batchNormTrainGradOp } from "./batchNormTrainGrad";
import { binaryOps } from "./binary";
import { concatOp } from "./concat";
import { type Conv2dAttrs, conv2dOp } from "./conv2d";
import { conv2dInputGradOp } from "./conv2dInputGrad";
import { conv2dWeightGradOp } from "./conv2dWeightGrad";
import { copyIntoOp } from "./copyInto";
import { whereOp } from "./elementwise";
import { expandOp } from "./expand";
import { fillOp } from "./fill";
import { gatherOp } from "./gather";
import { logSoftmaxOp } from "./logSoftmax";
import { matmulOp } from "./matmul";
import { maxPool2dOp } from "./maxPool2d";
import { padOp } from "./pad";
import { padGradOp } from "./padGrad";
import { permuteOp } from "./permute";
import { prodOp } from "./prod";
import { prodGradOp } from "./prodGrad";
import { resample2dOp } from "./resample2d";
import { rmspropStepOp } from "./rmspropStep";
import { scaleShiftOp } from "./scaleShift";
import { scatterAddOp } from "./scatterAdd";
import { sgdStepOp } from "./sgdStep";
import { sliceOp } from "./slice";
import { sliceGradOp } from "./sliceGrad";
import { softmaxOp } from "./softmax";
import { sumOp } from "./sum";
import { toDtypeOp } from "./toDtype";
import { topKOp } from "./topK";
import { unaryOps } from "./unary";
import { uniformOp } from "./uniform";
import { updateRunningStatsOp } from "./updateRunningStats";

/** Elementwise ops: rows, one generic kernel per backend. */
export const ELEMENTWISE = { ...unaryOps, ...binaryOps, ...activationGradOps, where: whereOp };

/** Ops with a file of their own in core and in every backend. */
export const PRIMITIVES = {
  adagradStep: adagradStepOp,
  adamStep: adamStepOp,
  amax: amaxOp,
  argmax: argmaxOp,
  batchNormTrain: batchNormTrainOp,
  batchNormTrainGrad: batchNormTrainGradOp,
  concat: concatOp,
  conv2d: conv2dOp,
  conv2dInputGrad: conv2dInputGradOp,
  conv2dWeightGrad: conv2dWeightGradOp,
  copyInto: copyIntoOp,
  expand: expandOp,
  fill: fillOp,
  gather: gatherOp,
  logSoftmax: logSoftmaxOp,
  matmul: matmulOp,
  maxPool2d: maxPool2dOp,
  pad: padOp,
  padGrad: padGradOp,
  permute: permuteOp,
  prod: prodOp,
  prodGrad: prodGradOp,
  resample2d: resample2dOp,
  rmspropStep: rmspropStepOp,
  scaleShift: scaleShiftOp,
  scatterAdd: scatterAddOp,
  sgdStep: sgdStepOp,
  slice: sliceOp,
  sliceGrad: sliceGradOp,
  softmax: softmaxOp,
  sum: sumOp,
  toDtype: toDtypeOp,
  topK: topKOp,
  uniform: uniformOp,
  updateRunningStats: updateRunningStatsOp,
};

/** Every op that has a kernel. */
export const OPS = { ...ELEMENTWISE, ...PRIMITIVES };

export type ElementwiseName = keyof typeof ELEMENTWISE;
export type PrimitiveName = keyof typeof PRIMITIVES;
export type OpName = keyof typeof OPS;

/** Attributes by op. */
export type KernelTable = { readonly [K in OpName]: AttrsOf<(typeof OPS)[K]> };

/** What a fused kernel does to its result before storing it. */
export type FusedActivation = "none" | "relu" | "relu6" | "silu";

export interface FusedTable {
  /** activation(conv2d(x, weight) · scale + shift + residual); inputs x, weight, scale [O], shift [O] and perhaps residual. */
  readonly conv2dFused: Conv2dAttrs & { readonly activation: FusedActivation };
  /** activation(x · scale + shift) by channel; inputs x [N, C, ...], scale [C] and shift [C]. */
  readonly scaleShiftFused: { readonly activation: Exclude<FusedActivation, "none"> };
}
