import type { KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { GpuOperand, Plan } from "../launch";
import { bytesOf } from "./units";

/** target[i] = source[i] */
export const copyInto: Plan<KernelTable["copyInto"]> = (inputs) => {
  const [target, source] = inputs as [GpuOperand, GpuOperand];
  const copyBytes = product(source.shape) * bytesOf(source);
  // A buffer can't be copied into itself, and needn't be.
  const isDone = copyBytes === 0 || target.memory.id === source.memory.id;
  return isDone ? [] : [{ copyBytes, from: source, to: target }];
};
