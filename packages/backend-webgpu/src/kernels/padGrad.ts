import type { KernelTable } from "@vertebra/core";
import { offsetOf, paddedAxes, product, stridesOf } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Plan } from "../launch";
import { shader } from "../shader";
import code from "./padGrad.wgsl";
import { stridedLaunches } from "./strided";

const SHADER = shader("padGrad", code);

/** dx[i] = Σ dy over the places that pad copied x[i] to. */
export const padGrad: Plan<KernelTable["padGrad"]> = (inputs, outputs, { before, after, mode }, limits) => {
  const [dy, dx] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  if (mode === "constant") {
    const steps = stridesOf(dy.shape);
    return stridedLaunches("padGrad", dy, dx, { sizes: dx.shape, steps, start: offsetOf(before, steps) }, limits);
  }
  const elements = product(dx.shape);
  if (elements === 0) return [];
  const axes = paddedAxes("padGrad", { shape: dx.shape, before, after });
  const params = [elements, axes.length, 0, 0];
  for (const axis of axes) params.push(...axis, 0);
  const constants = { REPLICATE: mode === "replicate" ? 1 : 0 };
  return [{ shader: SHADER, constants, params, bindings: [dy, dx], grid: gridFor(elements, limits) }];
};
