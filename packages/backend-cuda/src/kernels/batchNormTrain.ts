import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { floatWord } from "../batch";
import { type CudaOperand, kernelsOf, LINE, type Plan, type Scratch } from "../launch";
import { channelParts } from "./channel-parts";
import { blocksFor, GROUP_BLOCK } from "./group-lanes";

const kernel = kernelsOf("batchNormTrain");

/** Of batchNormTrain.cu. */
const MOMENTS_BYTES = 12;
const COEFFICIENTS_BYTES = 16;

/** y, mean, variance of a batch: moments of parts of each channel, then of all of it, then y. */
export const batchNormTrain: Plan<KernelTable["batchNormTrain"]> = (inputs, outputs, { eps }) => {
  const [x, weight, bias] = inputs as [CudaOperand, CudaOperand, CudaOperand];
  const [y, mean, variance] = outputs as [CudaOperand, CudaOperand, CudaOperand];
  const elements = product(x.shape);
  if (elements === 0) return [];
  const { c, inner, partsPerChannel, parts: count, lanes, mergingLanes, words } = channelParts(x);
  const parts: Scratch = { scratchBytes: count * MOMENTS_BYTES };
  const coefficients: Scratch = { scratchBytes: c * COEFFICIENTS_BYTES };
  return [
    {
      kernel: kernel("batchNormMoments", x.dtype),
      bindings: [x, parts],
      words,
      grid: blocksFor(count, lanes),
      block: GROUP_BLOCK,
    },
    {
      kernel: kernel("batchNormMerge", x.dtype),
      bindings: [x, weight, bias, parts, mean, variance, coefficients],
      words: [c, inner, partsPerChannel, mergingLanes, floatWord(eps)],
      grid: blocksFor(c, mergingLanes),
      block: GROUP_BLOCK,
    },
    {
      kernel: kernel("batchNormTrain", x.dtype),
      bindings: [x, coefficients, y],
      words: [elements, c, inner],
      grid: Math.ceil(elements / (4 * LINE)),
      block: LINE,
    },
  ];
};
