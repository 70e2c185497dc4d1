import type { KernelTable } from "@vertebra/core";
import { product, spansOf } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Plan } from "../launch";
import { typedShader } from "../shader";
import code from "./maxPool2d.wgsl";

const SHADER = typedShader("maxPool2d", code);

/** y, indices = largest of each window, and where it is. */
export const maxPool2d: Plan<KernelTable["maxPool2d"]> = (inputs, outputs, { rows, columns }, limits) => {
  const [x] = inputs as [GpuOperand];
  const [y, indices] = outputs as [GpuOperand, GpuOperand];
  const elements = product(y.shape);
  if (elements === 0) return [];
  const [h, w] = x.shape.slice(2) as [number, number];
  const [ho, wo] = y.shape.slice(2) as [number, number];
  return [
    {
      shader: SHADER(x.dtype),
      params: [elements, h, w, ho, wo, rows.step, columns.step],
      bindings: [x, spansOf(rows), spansOf(columns), y, indices],
      grid: gridFor(elements, limits),
    },
  ];
};
