import type { KernelTable } from "@vertebra/core";
import { keptAndReduced, product, requireWalkable } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, type Plan } from "../launch";
import { axesWords, SHARED_BLOCK, shareResults, sideBySide } from "./sharing";

const kernel = kernelsOf("prodGrad");

/** dx = dy · (product of all others), right where factors are 0. */
export const prodGrad: Plan<KernelTable["prodGrad"]> = (inputs, outputs, { axes }) => {
  const [x, dy] = inputs as [CudaOperand, CudaOperand];
  const dx = outputs[0] as CudaOperand;
  const elements = product(x.shape);
  if (elements === 0) return [];
  const { kept, reduced } = keptAndReduced(x.shape, axes);
  requireWalkable("prodGrad", x.shape, kept);
  requireWalkable("prodGrad", x.shape, reduced);
  const groups = product(dy.shape);
  const factors = elements / groups;
  const { lanes, columns, tiles } = shareResults(groups, factors, sideBySide(kept));
  const { counts, words: ofAxes } = axesWords(kept, reduced);
  const words = [groups, factors, Math.ceil(factors / lanes), lanes, columns, ...counts, ...ofAxes];
  return [{ kernel: kernel("prodGrad", x.dtype), bindings: [x, dy, dx], words, grid: tiles, block: SHARED_BLOCK }];
};
