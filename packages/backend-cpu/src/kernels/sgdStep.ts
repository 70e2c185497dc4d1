import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";

/** One step of SGD, in place; the momentum buffer may be missing. */
export const sgdStep: Plan<KernelTable["sgdStep"]> = (inputs, _outputs, { nesterov, maximize }, workers) => {
  const [param, grad, hyper, momentum] = inputs as [CpuOperand, CpuOperand, CpuOperand, CpuOperand?];
  const n = product(param.shape);
  if (n === 0) return null;
  return {
    entry: "sgdStep",
    ints: [
      param.pointer,
      grad.pointer,
      hyper.pointer,
      momentum?.pointer ?? 0,
      n,
      tasksFor(n, workers),
      Number(nesterov),
      Number(maximize),
    ],
  };
};
