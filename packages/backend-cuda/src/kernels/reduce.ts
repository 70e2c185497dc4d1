import { type DType, isHalf } from "@vertebra/core";
import { type Axis, keptAndReduced, product, requireWalkable } from "@vertebra/core/plan";
import { type Binding, type CudaOperand, kernelsOf, type Launch, type Limits, type Scratch } from "../launch";
import { axesWords, SHARED_BLOCK, shareResults, sideBySide, sizeOf } from "./sharing";

const kernel = kernelsOf("reduce");

/** Blocks that a multiprocessor runs at once. */
const BLOCKS_EACH = 8;
/** Rounds of loads that are worth a block of their own, and the most before a sum is too long to be exact enough. */
const MIN_ROUNDS = 16;
const MAX_ROUNDS = 512;

/** Where terms come from and results go. */
interface Side {
  readonly binding: Binding;
  readonly dtype: DType;
}

/** Axes of the terms in x, and how the results lie there. */
interface Walk {
  readonly kept: readonly Axis[];
  readonly reduced: readonly Axis[];
}

/** y = Σ, Π or max of x over `axes`; neither may be empty. */
export function reduceSteps(
  reduction: "sum" | "amax" | "prod",
  [x, y]: readonly [CudaOperand, CudaOperand],
  axes: readonly number[],
  limits: Limits,
): readonly Launch[] {
  const walk = keptAndReduced(x.shape, axes);
  requireWalkable(reduction, x.shape, walk.kept);
  requireWalkable(reduction, x.shape, walk.reduced);
  const [from, to] = [x, y].map((operand): Side => ({ binding: operand, dtype: operand.dtype })) as [Side, Side];
  const { parts, launch } = planReduce(walk, limits);
  if (parts === 1) return [launch(reduction, from, to)];
  // Partial results are [parts, outputs]: few enough parts for one launch.
  const outputs = product(y.shape);
  const scratch: Scratch = { scratchBytes: parts * outputs * 4 };
  const partial: Side = { binding: scratch, dtype: isHalf(x.dtype) ? "f32" : x.dtype };
  const last = planReduce({ kept: [[outputs, 1]], reduced: [[parts, outputs]] }, limits, 1);
  return [launch(reduction, from, partial), last.launch(reduction, partial, to)];
}

interface Planned {
  readonly parts: number;
  readonly launch: (reduction: string, from: Side, to: Side) => Launch;
}

function planReduce(walk: Walk, limits: Limits, mostParts = Number.POSITIVE_INFINITY): Planned {
  const inner = walk.reduced.at(-1);
  // Where rows are the innermost axis of x, all steps are multiples of their length.
  const isVector = inner?.[1] === 1 && inner[0] % 4 === 0;
  const reduced = isVector ? inQuads(walk.reduced) : walk.reduced;
  const [outputs, terms] = [sizeOf(walk.kept), sizeOf(reduced)];
  const { lanes, columns, tiles } = shareResults(outputs, terms, sideBySide(walk.kept));
  const allRounds = Math.ceil(terms / (isVector ? lanes : 4 * lanes));
  const rounds = Math.ceil(allRounds / Math.min(mostParts, partsFor(allRounds, tiles, limits)));
  const parts = Math.ceil(allRounds / rounds);
  const { counts, words: axes } = axesWords(walk.kept, reduced);
  const words = [outputs, terms, rounds, lanes, columns, Number(isVector), ...counts, ...axes];
  const launch: Planned["launch"] = (reduction, from, to) => ({
    kernel: kernel(`${reduction}_${from.dtype}`, to.dtype),
    bindings: [from.binding, to.binding],
    words,
    grid: [tiles, parts, 1],
    block: SHARED_BLOCK,
  });
  return { parts, launch };
}

/** Parts that `rounds` of loads are cut into where `tiles` blocks don't fill the device. */
function partsFor(rounds: number, tiles: number, { multiprocessors }: Limits): number {
  const toFill = Math.min(Math.ceil((multiprocessors * BLOCKS_EACH) / tiles), Math.floor(rounds / MIN_ROUNDS));
  return Math.max(1, toFill, Math.ceil(rounds / MAX_ROUNDS));
}

/** The same axes with every fourth of the innermost's elements. */
function inQuads(axes: readonly Axis[]): readonly Axis[] {
  const inner = axes.at(-1)?.[0] ?? 4;
  return [...axes.slice(0, -1), [inner / 4, 4]];
}
