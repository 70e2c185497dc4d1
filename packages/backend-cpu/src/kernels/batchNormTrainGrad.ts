import type { KernelTable } from "@vertebra/core";
import type { Plan } from "../launch";
import { planByChannel } from "./batchNormTrain";

/** dx, dweight, dbias of a batch norm in training. */
export const batchNormTrainGrad: Plan<KernelTable["batchNormTrainGrad"]> = (inputs, outputs, { eps }, workers) =>
  planByChannel("batchNormTrainGrad", [...inputs, ...outputs], eps, workers);
