import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { reduceLaunch } from "./reduce";
import { fillWords } from "./strided";

/** y = Π x over `axes`. */
export const prod: Plan<KernelTable["prod"]> = (inputs, outputs, { axes }, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  if (product(y.shape) === 0) return null;
  if (product(x.shape) === 0) return { entry: "fill", ints: fillWords(y, 1, workers) };
  return reduceLaunch("prod", x, y, axes, workers);
};
