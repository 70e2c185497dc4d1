import type { KernelTable } from "@vertebra/core";
import { requireWalkable } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";
import { isFilled, type PlacedAxis, placeSteps } from "./place";

/** dx[starts + i · steps] = dy[i], 0 elsewhere. */
export const sliceGrad: Plan<KernelTable["sliceGrad"]> = (inputs, outputs, { starts, steps, shape }) => {
  const [dy, dx] = [inputs[0], outputs[0]] as [CudaOperand, CudaOperand];
  const axes: PlacedAxis[] = [];
  for (const [i, total] of shape.entries()) {
    const size = dy.shape[i] as number;
    const own: PlacedAxis = { total, before: starts[i] as number, size, step: size > 1 ? (steps[i] as number) : 1 };
    const outer = axes.at(-1);
    // What dy fills is joined with the axis around it.
    if (outer?.step === 1 && isFilled(own)) axes[axes.length - 1] = joined(outer, total);
    else axes.push(own);
  }
  requireWalkable(
    "sliceGrad",
    shape,
    axes.map(({ total }) => [total]),
  );
  if (axes.length === 0) axes.push({ total: 1, before: 0, size: 1, step: 1 });
  return placeSteps(dy, dx, { axes, mode: "constant", value: 0 });
};

const joined = ({ total, before, size }: PlacedAxis, inner: number): PlacedAxis => ({
  total: total * inner,
  before: before * inner,
  size: size * inner,
  step: 1,
});
