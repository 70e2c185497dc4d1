import type { KernelTable } from "@vertebra/core";
import { product, spansOf } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, LINE, type Plan } from "../launch";

const kernel = kernelsOf("maxPool2d");

/** y, indices = largest of each window, and where it is. */
export const maxPool2d: Plan<KernelTable["maxPool2d"]> = (inputs, outputs, { rows, columns }) => {
  const x = inputs[0] as CudaOperand;
  const [y, indices] = outputs as [CudaOperand, CudaOperand];
  const elements = product(y.shape);
  if (elements === 0) return [];
  return [
    {
      kernel: kernel("maxPool2d", x.dtype),
      bindings: [x, spansOf(rows), spansOf(columns), y, indices],
      words: [elements, ...x.shape.slice(2), ...y.shape.slice(2), rows.step, columns.step],
      grid: Math.ceil(elements / LINE),
      block: LINE,
    },
  ];
};
