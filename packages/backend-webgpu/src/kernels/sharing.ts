import { product } from "@vertebra/core/plan";

/** Invocations of a workgroup in kernels whose results are shared by several. */
const SIZE = 256;
/** Terms that an invocation takes alone before more of them share. */
const TERMS_PER_LANE = 16;
/** Neighbouring results that a workgroup should hold where memory is read across them: a line of 32 words. */
const COLUMNS = 32;
/** Workgroups that keep a large GPU busy. */
const ENOUGH_GROUPS = 1024;
/** Rounds of loads that are worth a workgroup of their own, and the most before a sum is too long to be exact enough. */
const MIN_ROUNDS = 16;
const MAX_ROUNDS = 512;

/** How results are given to workgroups. */
export interface Sharing {
  /** Invocations that share a result, a power of 2. */
  readonly lanes: number;
  /** 1 if neighbouring invocations take neighbouring results rather than terms. */
  readonly columns: number;
  /** Workgroups for all results. */
  readonly tiles: number;
}

/** Invocations that share a result of so many terms, at most `most`. In steps of four: where they are a constant each is a pipeline. */
export function lanesFor(terms: number, most: number): number {
  let lanes = 1;
  while (lanes < most && lanes * TERMS_PER_LANE < terms) lanes = Math.min(4 * lanes, most);
  return lanes;
}

/** Invocations of a workgroup for results that are shared by `lanes` each. */
export const sizeFor = (lanes: number): number => Math.max(64, lanes);

/** For `results` of `terms` terms each, of which `sideBySide` are neighbours in memory: those are read across, others along. */
export function shareResults(results: number, terms: number, sideBySide: number): Sharing {
  const most = sideBySide > 1 ? SIZE / 2 ** Math.floor(Math.log2(Math.min(sideBySide, COLUMNS))) : SIZE;
  const lanes = lanesFor(terms, most);
  return { lanes, columns: Number(sideBySide > 1), tiles: Math.ceil(results / (SIZE / lanes)) };
}

/** Parts that `rounds` of loads are cut into where `tiles` workgroups don't fill the device. */
export function partsFor(rounds: number, tiles: number): number {
  const toFill = Math.min(Math.ceil(ENOUGH_GROUPS / tiles), Math.floor(rounds / MIN_ROUNDS));
  return Math.max(1, toFill, Math.ceil(rounds / MAX_ROUNDS));
}

/** The lines of a tensor along an axis, seen as [outer, n, inner]. */
export interface Lines {
  /** outer · inner */
  readonly count: number;
  readonly n: number;
  readonly inner: number;
}

export function linesOf(shape: readonly number[], axis: number): Lines {
  const inner = product(shape.slice(axis + 1));
  return { count: product(shape.slice(0, axis)) * inner, n: shape[axis] as number, inner };
}
