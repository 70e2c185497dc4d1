import { type Axis, product } from "@vertebra/core/plan";

/** Threads of a block in kernels whose results are shared by several: as in reduce-axes.h. */
export const SHARED_BLOCK = 256;
const WARP = 32;
/** Loads that a lane takes alone before more lanes than a warp share. */
const LOADS_PER_LANE = 8;
/** Neighbouring results that a block should hold where memory is read across them: one for each thread of a warp. */
const COLUMNS = 32;

/** How results are given to blocks. */
export interface Sharing {
  /** Threads that share a result, a power of 2. */
  readonly lanes: number;
  /** 1 if neighbouring threads take neighbouring results rather than terms. */
  readonly columns: number;
  /** Blocks for all results. */
  readonly tiles: number;
}

/** For `results` of `loads` loads each, of which `sideBySide` results are neighbours in memory: those are read across, others along. */
export function shareResults(results: number, loads: number, sideBySide: number): Sharing {
  const columns = Number(sideBySide > 1);
  const lanes = columns ? lanesAcross(loads, sideBySide) : lanesAlong(loads);
  return { lanes, columns, tiles: Math.ceil(results / (SHARED_BLOCK / lanes)) };
}

/** A load for each lane up to a warp, so that neighbours read neighbours; then as many lanes as have enough to do. */
function lanesAlong(loads: number): number {
  let lanes = 1;
  while (lanes < SHARED_BLOCK && lanes * (lanes < WARP ? 1 : LOADS_PER_LANE) < loads) lanes *= 2;
  return lanes;
}

function lanesAcross(loads: number, sideBySide: number): number {
  const most = SHARED_BLOCK / 2 ** Math.floor(Math.log2(Math.min(sideBySide, COLUMNS)));
  let lanes = 1;
  while (lanes < most && lanes * LOADS_PER_LANE < loads) lanes *= 2;
  return lanes;
}

/** Results that are neighbours and lie as in x. */
export function sideBySide(kept: readonly Axis[]): number {
  const [size, step] = kept.at(-1) ?? [1, 1];
  return step === 1 ? size : 1;
}

/** Elements that axes go over. */
export const sizeOf = (axes: readonly Axis[]): number => product(axes.map(([size]) => size));

/** How many axes there are, and as words those of `kept` and `reduced`, each with room for eight; without any there is one of size 1. */
export function axesWords(...lists: readonly (readonly Axis[])[]): { counts: number[]; words: number[] } {
  const rows = lists.map((axes) => (axes.length === 0 ? [[1, 0]] : axes));
  const words = rows.flatMap((axes) => Array.from({ length: 8 }, (_, i) => axes[i] ?? [1, 0]).flat());
  return { counts: rows.map(({ length }) => length), words };
}
