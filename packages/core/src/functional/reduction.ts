import { sum } from "../ops/sum";
import type { Tensor } from "../tensor";
import { mean } from "./mean";

/** How a loss goes from one value per element to its result. */
export type Reduction = "mean" | "sum" | "none";

/** The mean, the sum or the losses themselves. */
export function reduceLoss(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "sum" ? sum(losses) : mean(losses);
}
