import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { floatWord } from "../batch";
import { type CudaOperand, kernelsOf, LINE, type Plan } from "../launch";

const kernel = kernelsOf("updateRunningStats");

/** Running statistics moved towards a batch's, in place; the count may be missing. One block: it alone advances the count. */
export const updateRunningStats: Plan<KernelTable["updateRunningStats"]> = (inputs, _outputs, { momentum, correction }) => [
  {
    kernel: kernel("updateRunningStats"),
    bindings: [0, 1, 2, 3, 4].map((i) => inputs[i] ?? null),
    words: [
      product((inputs[0] as CudaOperand).shape),
      Number(momentum === null),
      floatWord(momentum ?? 0),
      floatWord(correction),
    ],
    grid: 1,
    block: LINE,
  },
];
