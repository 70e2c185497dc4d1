import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { reduceLaunch } from "./reduce";
import { fillWords } from "./strided";

/** Terms that are added one after the other before sums of sums begin: the b of the error bound (reduce.h). */
export const SUM_BLOCK = 64;

/** y = Σ x over `axes`. */
export const sum: Plan<KernelTable["sum"]> = (inputs, outputs, { axes }, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  if (product(y.shape) === 0) return null;
  if (product(x.shape) === 0) return { entry: "fill", ints: fillWords(y, 0, workers) };
  return reduceLaunch("sum", x, y, axes, workers);
};
