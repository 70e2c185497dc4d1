import type { KernelTable } from "@vertebra/core";
import { offsetOf, type PaddedAxis, paddedAxes, product, stridesOf } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";
import { modeNumber } from "./pad";
import { launchStrided, stridedCopy } from "./strided";

/** dx[i] = Σ dy over the places that pad copied x[i] to. */
export const padGrad: Plan<KernelTable["padGrad"]> = (inputs, outputs, { before, after, mode }, workers) => {
  const [dy, dx] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  const elements = product(dx.shape);
  if (elements === 0) return null;
  if (mode === "constant") {
    const strides = stridesOf(dy.shape);
    const copy = { sizes: dx.shape, xStart: offsetOf(before, strides), xSteps: strides, ySteps: stridesOf(dx.shape) };
    return launchStrided("padGradConstant", stridedCopy("padGrad", dy, dx, copy, workers));
  }
  const axes = paddedAxes("padGrad", { shape: dx.shape, before, after });
  const rows = elements / (axes.at(-1) as PaddedAxis)[0];
  const tasks = Math.min(rows, tasksFor(elements, workers));
  return { entry: "padGrad", ints: [dy.pointer, dx.pointer, modeNumber(mode), rows, tasks, axes.length, ...axes.flat()] };
};
