import { DTYPES, type KernelTable } from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import type { CudaOperand, Plan } from "../launch";

/** target[i] = source[i] */
export const copyInto: Plan<KernelTable["copyInto"]> = (inputs) => {
  const [target, source] = inputs as [CudaOperand, CudaOperand];
  const copyBytes = product(source.shape) * DTYPES[source.dtype].bytes;
  const isDone = copyBytes === 0 || target.memory.address === source.memory.address;
  return isDone ? [] : [{ copyBytes, from: source, to: target }];
};
