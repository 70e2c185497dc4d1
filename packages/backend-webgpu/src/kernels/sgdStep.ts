import type { KernelTable } from "@vertebra/core";
import type { GpuOperand, Plan } from "../launch";
import { shader } from "../shader";
import { NO_STATE, stepLaunches } from "./optimizer-step";
import code from "./sgdStep.wgsl";

const SHADER = shader("sgdStep", code);

/** One step of SGD, in place; the momentum buffer may be missing. */
export const sgdStep: Plan<KernelTable["sgdStep"]> = (inputs, _outputs, { nesterov, maximize }, limits) => {
  const [param, grad, hyper, momentum] = inputs as [GpuOperand, GpuOperand, GpuOperand, GpuOperand?];
  const flags = { hasMomentum: momentum !== undefined, nesterov, maximize };
  return stepLaunches(SHADER, flags, [param, grad, hyper, momentum ?? NO_STATE], limits);
};
