import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { floatWord, type GpuOperand, gridFor, type Plan, type Scratch } from "../launch";
import { typedShader } from "../shader";
import normalizeCode from "./batchNormTrain.wgsl";
import mergeCode from "./batchNormTrainMerge.wgsl";
import momentsCode from "./batchNormTrainMoments.wgsl";
import { channelParts, MERGING, UNITS_PER_PART } from "./channel-parts";
import { sizeFor } from "./sharing";

const MOMENTS = typedShader("batchNormTrainMoments", momentsCode);
const MERGE = typedShader("batchNormTrainMerge", mergeCode);
const NORMALIZE = typedShader("batchNormTrain", normalizeCode);

/** y, mean, variance of a batch: moments of parts of each channel, then of all of it, then y. */
export const batchNormTrain: Plan<KernelTable["batchNormTrain"]> = (inputs, outputs, { eps }, limits) => {
  const [x, weight, bias] = inputs as [GpuOperand, GpuOperand, GpuOperand];
  const [y, mean, variance] = outputs as [GpuOperand, GpuOperand, GpuOperand];
  const elements = product(x.shape);
  if (elements === 0) return [];
  const { c, inner, quads, units, partsPerChannel, lanes, mergingLanes } = channelParts(x);
  const size = sizeFor(lanes);
  const parts: Scratch = { scratchBytes: c * partsPerChannel * 16 };
  const coefficients: Scratch = { scratchBytes: c * 16 };
  const quadsOfAll = Math.ceil(elements / 4);
  return [
    {
      shader: MOMENTS(x.dtype),
      constants: { SIZE: size, LANES: lanes },
      params: [c, inner, quads, units, UNITS_PER_PART, partsPerChannel],
      bindings: [x, parts],
      grid: gridFor(c * partsPerChannel, limits, size / lanes),
    },
    {
      shader: MERGE(x.dtype),
      constants: { LANES: mergingLanes },
      params: [c, inner, partsPerChannel, floatWord(eps), 0],
      bindings: [x, weight, bias, parts, mean, variance, coefficients],
      grid: gridFor(c, limits, MERGING / mergingLanes),
    },
    {
      shader: NORMALIZE(x.dtype),
      constants: { isOneChannel: Number(inner % 4 === 0) },
      params: [quadsOfAll, c, inner],
      bindings: [x, coefficients, y],
      grid: gridFor(quadsOfAll, limits),
    },
  ];
};
