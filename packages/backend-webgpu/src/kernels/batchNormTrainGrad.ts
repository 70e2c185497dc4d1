import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { floatWord, type GpuOperand, gridFor, type Plan, type Scratch } from "../launch";
import { shader, typedShader } from "../shader";
import inputCode from "./batchNormTrainGrad.wgsl";
import mergeCode from "./batchNormTrainGradMerge.wgsl";
import sumsCode from "./batchNormTrainGradSums.wgsl";
import { channelParts, MERGING, UNITS_PER_PART } from "./channel-parts";
import { sizeFor } from "./sharing";

const SUMS = typedShader("batchNormTrainGradSums", sumsCode);
const MERGE = shader("batchNormTrainGradMerge", mergeCode);
const INPUT = typedShader("batchNormTrainGrad", inputCode);

/** dx, dweight, dbias of a batch norm in training: sums over parts of each channel, then over all of it, then dx. */
export const batchNormTrainGrad: Plan<KernelTable["batchNormTrainGrad"]> = (inputs, outputs, { eps }, limits) => {
  const [x, weight, mean, variance, dy] = inputs as [GpuOperand, GpuOperand, GpuOperand, GpuOperand, GpuOperand];
  const [dx, dweight, dbias] = outputs as [GpuOperand, GpuOperand, GpuOperand];
  const elements = product(x.shape);
  if (elements === 0) return [];
  const { c, inner, m, quads, units, partsPerChannel, lanes, mergingLanes } = channelParts(x);
  const size = sizeFor(lanes);
  const parts: Scratch = { scratchBytes: c * partsPerChannel * 8 };
  const coefficients: Scratch = { scratchBytes: c * 16 };
  const quadsOfAll = Math.ceil(elements / 4);
  return [
    {
      shader: SUMS(x.dtype),
      constants: { SIZE: size, LANES: lanes },
      params: [c, inner, quads, units, UNITS_PER_PART, partsPerChannel],
      bindings: [x, dy, mean, parts],
      grid: gridFor(c * partsPerChannel, limits, size / lanes),
    },
    {
      shader: MERGE,
      constants: { LANES: mergingLanes },
      params: [c, partsPerChannel, floatWord(m), floatWord(eps)],
      bindings: [weight, mean, variance, parts, dweight, dbias, coefficients],
      grid: gridFor(c, limits, MERGING / mergingLanes),
    },
    {
      shader: INPUT(x.dtype),
      constants: { isOneChannel: Number(inner % 4 === 0) },
      params: [quadsOfAll, c, inner],
      bindings: [x, dy, coefficients, dx],
      grid: gridFor(quadsOfAll, limits),
    },
  ];
};
