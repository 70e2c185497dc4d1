import type { KernelTable } from "@vertebra/core";
import { keptAndReduced, product, requireWalkable } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { pushAxes, tasksFor } from "./axes";

/** dx = dy · (product of all others), right where factors are 0. */
export const prodGrad: Plan<KernelTable["prodGrad"]> = (inputs, outputs, { axes }, workers) => {
  const [x, dy] = inputs as [CpuOperand, CpuOperand];
  const dx = outputs[0] as CpuOperand;
  const elements = product(x.shape);
  if (elements === 0) return null;
  const { kept, reduced } = keptAndReduced(x.shape, axes);
  requireWalkable("prodGrad", x.shape, kept);
  requireWalkable("prodGrad", x.shape, reduced);
  const count = product(reduced.map(([size]) => size));
  const outer = elements / count;
  const tasks = Math.min(outer, workers, tasksFor(elements, workers));
  const productsAt = Math.ceil(count / 2) * 8;
  const ints = [x.pointer, dy.pointer, dx.pointer, 0, productsAt, outer, count, tasks];
  pushAxes(ints, kept, reduced);
  return { entry: "prodGrad", ints, scratchBytes: productsAt + tasks * count * 8, scratchAt: 3 };
};
