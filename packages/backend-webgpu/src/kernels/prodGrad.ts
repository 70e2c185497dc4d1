import type { KernelTable } from "@vertebra/core";
import { keptAndReduced, product, requireWalkable } from "@vertebra/core/plan";
import { type GpuOperand, gridFor, type Plan } from "../launch";
import { shader } from "../shader";
import code from "./prodGrad.wgsl";
import { atLeastOne, sideBySide } from "./reduce";
import { shareResults } from "./sharing";

const SHADER = shader("prodGrad", code);

/** dx = dy · (product of all others), right where factors are 0. */
export const prodGrad: Plan<KernelTable["prodGrad"]> = (inputs, outputs, { axes }, limits) => {
  const [x, dy] = inputs as [GpuOperand, GpuOperand];
  const dx = outputs[0] as GpuOperand;
  const elements = product(x.shape);
  if (elements === 0) return [];
  const { kept, reduced } = keptAndReduced(x.shape, axes);
  requireWalkable("prodGrad", x.shape, kept);
  requireWalkable("prodGrad", x.shape, reduced);
  const groups = product(dy.shape);
  const factors = elements / groups;
  const { lanes, columns, tiles } = shareResults(groups, factors, sideBySide(kept));
  const counts = [Math.max(1, kept.length), Math.max(1, reduced.length)];
  // The axes begin at a multiple of 16 bytes.
  const head = [groups, factors, Math.ceil(factors / lanes), lanes, columns, ...counts, 0];
  return [
    {
      shader: SHADER,
      params: [...head, ...atLeastOne(kept).flat(), ...atLeastOne(reduced).flat()],
      bindings: [x, dy, dx],
      grid: gridFor(tiles, limits, 1),
    },
  ];
};
