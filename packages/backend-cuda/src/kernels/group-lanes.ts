/** Threads of a block in kernels of group-reduce.h. */
export const GROUP_BLOCK = 256;
const WARP = 32;
/** Terms that a thread takes before more of them share, and those that a warp's threads take before the whole block does. */
const TERMS_PER_LANE = 4;
const TERMS_PER_LANE_OF_WARP = 32;

/** Threads that share a result of so many terms: a power of 2 up to a warp, or a whole block. */
export function lanesFor(terms: number): number {
  if (terms > WARP * TERMS_PER_LANE_OF_WARP) return GROUP_BLOCK;
  let lanes = 1;
  while (lanes < WARP && lanes * TERMS_PER_LANE < terms) lanes *= 2;
  return lanes;
}

/** Blocks for so many results, each of `lanes` threads. */
export const blocksFor = (results: number, lanes: number): number => Math.ceil(results / (GROUP_BLOCK / lanes));
