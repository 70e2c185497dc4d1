import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { floatWord } from "../batch";
import { type CudaOperand, kernelsOf, LINE, type Plan, type Scratch } from "../launch";
import { channelParts } from "./channel-parts";
import { blocksFor, GROUP_BLOCK } from "./group-lanes";

const kernel = kernelsOf("batchNormTrainGrad");

/** Of batchNormTrainGrad.cu. */
const SUMS_BYTES = 8;
const COEFFICIENTS_BYTES = 16;

/** dx, dweight, dbias of a batch norm in training: sums over parts of each channel, then over all of it, then dx. */
export const batchNormTrainGrad: Plan<KernelTable["batchNormTrainGrad"]> = (inputs, outputs, { eps }) => {
  const [x, weight, mean, variance, dy] = inputs as [CudaOperand, CudaOperand, CudaOperand, CudaOperand, CudaOperand];
  const [dx, dweight, dbias] = outputs as [CudaOperand, CudaOperand, CudaOperand];
  const elements = product(x.shape);
  if (elements === 0) return [];
  const { c, inner, m, partsPerChannel, parts: count, lanes, mergingLanes, words } = channelParts(x);
  const parts: Scratch = { scratchBytes: count * SUMS_BYTES };
  const coefficients: Scratch = { scratchBytes: c * COEFFICIENTS_BYTES };
  return [
    {
      kernel: kernel("batchNormGradSums", x.dtype),
      bindings: [x, dy, mean, parts],
      words,
      grid: blocksFor(count, lanes),
      block: GROUP_BLOCK,
    },
    {
      kernel: kernel("batchNormGradMerge"),
      bindings: [weight, mean, variance, parts, dweight, dbias, coefficients],
      words: [c, partsPerChannel, mergingLanes, floatWord(m), floatWord(eps)],
      grid: blocksFor(c, mergingLanes),
      block: GROUP_BLOCK,
    },
    {
      kernel: kernel("batchNormTrainGrad", x.dtype),
      bindings: [x, dy, coefficients, dx],
      words: [elements, c, inner],
      grid: Math.ceil(elements / (4 * LINE)),
      block: LINE,
    },
  ];
};
