import type { KernelTable } from "@vertebra/core";
import { type GpuOperand, gridFor, type Plan } from "../launch";
import { shader } from "../shader";
import { linesOf, shareResults } from "./sharing";
import code from "./topK.wgsl";

const SHADER = shader("topK", code);

/** The k best values along `axis`, best first, and their indices. */
export const topK: Plan<KernelTable["topK"]> = (inputs, outputs, { k, axis, largest }, limits) => {
  const x = inputs[0] as GpuOperand;
  const [values, indices] = outputs as [GpuOperand, GpuOperand];
  const { count, n, inner } = linesOf(x.shape, axis);
  if (count * k === 0) return [];
  const { lanes, columns, tiles } = shareResults(count, n, inner);
  const constants = { LARGEST: Number(largest) };
  const params = [count, n, inner, k, lanes, columns];
  const bindings = [x, values, indices];
  return [{ shader: SHADER, constants, params, bindings, grid: gridFor(tiles, limits, 1) }];
};
