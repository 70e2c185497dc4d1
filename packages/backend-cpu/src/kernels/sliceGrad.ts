import type { KernelTable } from "@vertebra/core";
import { offsetOf, product, stridesOf, timesSteps } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { fillWords, stridedCopy } from "./strided";

/** dx[starts + i · steps] = dy[i], 0 elsewhere. */
export const sliceGrad: Plan<KernelTable["sliceGrad"]> = (inputs, outputs, { starts, steps }, workers) => {
  const [dy, dx] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  if (product(dx.shape) === 0) return null;
  const strides = stridesOf(dx.shape);
  const copy = {
    sizes: dy.shape,
    xSteps: stridesOf(dy.shape),
    yStart: offsetOf(starts, strides),
    ySteps: timesSteps(strides, steps),
  };
  const words = stridedCopy("sliceGrad", dy, dx, copy, workers);
  return { entry: "sliceGrad", ints: [...fillWords(dx, 0, workers), words ? 0 : 1, ...(words ?? [])] };
};
