import type { KernelTable } from "@vertebra/core";
import { type CudaOperand, kernelsOf, type Plan } from "../launch";
import { linesOf, linesWords } from "./lines";
import { SHARED_BLOCK } from "./sharing";

const kernel = kernelsOf("topK");

/** The k best values along `axis`, best first, and their indices. */
export const topK: Plan<KernelTable["topK"]> = (inputs, outputs, { k, axis, largest }) => {
  const x = inputs[0] as CudaOperand;
  const [values, indices] = outputs as [CudaOperand, CudaOperand];
  const lines = linesOf(x.shape, axis);
  if (lines.count * k === 0) return [];
  return [
    {
      kernel: kernel(largest ? "topKLargest" : "topKSmallest"),
      bindings: [x, values, indices],
      words: [...linesWords(lines), k],
      grid: lines.tiles,
      block: SHARED_BLOCK,
    },
  ];
};
