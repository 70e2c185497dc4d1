/** Terms that an invocation should add before others help it. */
const TERMS_PER_LANE = 4;

/** Invocations that share the work on `terms` terms: a power of four, as each number of them is a pipeline of its own. */
export function lanesFor(terms: number, most: number): number {
  let lanes = 1;
  while (lanes < most && lanes * TERMS_PER_LANE < terms) lanes *= 4;
  return lanes;
}

/** Invocations of a workgroup whose work is shared by `lanes` each: a whole number of these. */
export const sizeFor = (lanes: number): number => Math.max(64, lanes);
