import type { KernelTable } from "@vertebra/core";
import { MAX_AXES, offsetOf, paddedAxes, product, stridesOf } from "@vertebra/core/plan";
import { type CudaOperand, kernelsOf, LINE, type Plan } from "../launch";
import { divisorWords } from "./divisor";
import { stridedSteps } from "./strided";

const kernel = kernelsOf("padGrad");

const NAMES = { reflect: "padGradReflect", replicate: "padGradReplicate" };

/** dx[i] = Σ dy over the places that pad copied x[i] to. */
export const padGrad: Plan<KernelTable["padGrad"]> = (inputs, outputs, { before, after, mode }) => {
  const [dy, dx] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  if (mode === "constant") {
    const steps = stridesOf(dy.shape);
    return stridedSteps("padGrad", dy, dx, { sizes: dx.shape, steps, start: offsetOf(before, steps) });
  }
  const elements = product(dx.shape);
  if (elements === 0) return [];
  const axes = paddedAxes("padGrad", { shape: dx.shape, before, after });
  const words = [elements, axes.length];
  for (let axis = 0; axis < MAX_AXES; axis++) {
    const [size, ownBefore, ownAfter] = axes[axis] ?? [1, 0, 0];
    words.push(...divisorWords(size), ownBefore, ownAfter);
  }
  const grid = Math.ceil(elements / LINE);
  return [{ kernel: kernel(NAMES[mode], dy.dtype), bindings: [dy, dx], words, grid, block: LINE }];
};
