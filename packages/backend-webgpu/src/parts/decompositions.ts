import type { Calls, OpCall } from "./calls";
import { scaleShift } from "./channels";
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from "./convolutions";
import {
  concat,
  expand,
  gather,
  gatherOfFirst,
  hasLargeEntries,
  onLastAxis,
  pad,
  padGrad,
  permute,
  scatterAdd,
  scatterAddInFirst,
  slice,
  sliceGrad,
} from "./moves";
import { batchNormTrain, batchNormTrainGrad, logSoftmax, softmax } from "./norms";
import { maxPool2d, resample2d } from "./planes";
import { matmul } from "./products";
import { argmax, prodGrad, reduction, topK } from "./reductions";

type Decomposition = (calls: Calls, call: OpCall) => void;

const refuse: Decomposition = (calls) => calls.refuse();

/**
 * An op along one axis: `along` does it along axis 0, unless an entry there is too large, `ofFewer` along another where only some of the
 * images are asked for.
 */
const onAxis =
  (along: Decomposition, ofFewer = refuse): Decomposition =>
  (calls, call) => {
    if ((call.attrs as { readonly axis: number }).axis !== 0) ofFewer(calls, call);
    else if (hasLargeEntries(call, calls)) onLastAxis(calls, call);
    else along(calls, call);
  };

/** How ops that mix images, or have one only, are computed by other ops, or by runs that aren't of images. */
export const DECOMPOSITIONS: { readonly [op: string]: Decomposition } = {
  amax: reduction("maximum"),
  argmax: onAxis(argmax),
  batchNormTrain,
  batchNormTrainGrad,
  concat,
  conv2d,
  conv2dFused: conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  expand,
  gather: onAxis(gather, gatherOfFirst),
  logSoftmax,
  matmul,
  maxPool2d,
  pad,
  padGrad,
  permute,
  prod: reduction("mul"),
  prodGrad,
  resample2d,
  scaleShift,
  scaleShiftFused: scaleShift,
  scatterAdd: onAxis(scatterAdd, scatterAddInFirst),
  slice,
  sliceGrad,
  softmax,
  sum: reduction("add"),
  topK: onAxis(topK),
};
