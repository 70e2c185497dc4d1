import { layerOps } from "./ops-layers";
import { mathOps } from "./ops-math";
import { randomOps } from "./ops-random";
import { trainingOps } from "./ops-training";
import type { GoldenOp } from "./ops-types";

/** Every PyTorch call that golden rows may have, as a call of ours. */
export const GOLDEN_OPS = { ...mathOps, ...layerOps, ...randomOps, ...trainingOps } satisfies Record<string, GoldenOp>;

/** The entry for a row's op; undefined for one that we lack. */
export const findGoldenOp = (name: string): GoldenOp | undefined =>
  Object.hasOwn(GOLDEN_OPS, name) ? GOLDEN_OPS[name as keyof typeof GOLDEN_OPS] : undefined;
