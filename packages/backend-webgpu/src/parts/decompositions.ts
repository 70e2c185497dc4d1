import type { Calls, OpCall } from "./calls";
import {
  concat,
  expand,
  gather,
  gatherOfFirst,
  pad,
  padGrad,
  permute,
  scatterAdd,
  scatterAddInFirst,
  slice,
  sliceGrad,
} from "./moves";
import { batchNormTrain, batchNormTrainGrad, logSoftmax, softmax } from "./norms";
import { conv2dWeightGrad, matmul } from "./products";
import { argmax, prodGrad, reduction, topK } from "./reductions";

type Decomposition = (calls: Calls, call: OpCall) => void;

/** An op along one axis: `along` does it along axis 0, `ofFewer` along another where only some of the images are asked for. */
const onAxis =
  (along: Decomposition, ofFewer: Decomposition = (calls) => calls.refuse()): Decomposition =>
  (calls, call) =>
    ((call.attrs as { readonly axis: number }).axis === 0 ? along : ofFewer)(calls, call);

/** How ops that mix images are computed by other ops, or by runs that aren't of images. */
export const DECOMPOSITIONS: { readonly [op: string]: Decomposition } = {
  amax: reduction("maximum"),
  argmax: onAxis(argmax),
  batchNormTrain,
  batchNormTrainGrad,
  concat,
  conv2dWeightGrad,
  expand,
  gather: onAxis(gather, gatherOfFirst),
  logSoftmax: onAxis(logSoftmax),
  matmul,
  pad,
  padGrad,
  permute,
  prod: reduction("mul"),
  prodGrad,
  scatterAdd: onAxis(scatterAdd, scatterAddInFirst),
  slice,
  sliceGrad,
  softmax: onAxis(softmax),
  sum: reduction("add"),
  topK: onAxis(topK),
};
