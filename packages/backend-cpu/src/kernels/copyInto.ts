import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CpuOperand, Plan } from "../launch";
import { tasksFor } from "./axes";
import { elementBytesOf } from "./strided";

/** target[i] = source[i] */
export const copyInto: Plan<KernelTable["copyInto"]> = (inputs, _outputs, _attrs, workers) => {
  const [target, source] = inputs as [CpuOperand, CpuOperand];
  const bytes = product(source.shape) * elementBytesOf(source);
  return bytes === 0 ? null : { entry: "copyInto", ints: [target.pointer, source.pointer, bytes, tasksFor(bytes / 4, workers)] };
};
