import { type Axis, keptAndReduced, product, requireWalkable } from "@vertebra/core/plan";
import { type Binding, type GpuOperand, gridFor, type Launch, type Limits, type Step } from "../launch";
import { shader } from "../shader";
import code from "./reduce.wgsl";
import { partsFor, shareResults } from "./sharing";

/** As `OP` in reduce.wgsl. */
const OPS = { sum: 0, sumInts: 1, amax: 2, amaxInts: 3, prod: 4 } as const;
export type Reduction = keyof typeof OPS;

const SHADER = shader("reduce", code);

/** Axes of the terms in x and how the results lie. */
interface Walk {
  readonly kept: readonly Axis[];
  readonly reduced: readonly Axis[];
}

/** y = Σ, Π or max of x over `axes`; x must not be empty. */
export function reduceSteps(
  reduction: Reduction,
  [x, y]: readonly [GpuOperand, GpuOperand],
  axes: readonly number[],
  limits: Limits,
): Step[] {
  const walk = keptAndReduced(x.shape, axes);
  requireWalkable(reduction, x.shape, walk.kept);
  requireWalkable(reduction, x.shape, walk.reduced);
  const { parts, launch } = planReduce(reduction, walk, limits);
  if (parts === 1) return [launch([x, y])];
  // Partial results are [parts, outputs]: few enough parts for one launch.
  const outputs = product(y.shape);
  const partial = { scratchBytes: parts * outputs * 4 };
  const last = planReduce(reduction, { kept: [[outputs, 1]], reduced: [[parts, outputs]] }, limits, 1);
  return [launch([x, partial]), last.launch([partial, y])];
}

interface Planned {
  readonly parts: number;
  readonly launch: (bindings: readonly Binding[]) => Launch;
}

function planReduce(reduction: Reduction, walk: Walk, limits: Limits, mostParts = Number.POSITIVE_INFINITY): Planned {
  const isColumns = walk.kept.at(-1)?.[1] === 1;
  const innerTerms = isColumns ? 1 : (walk.reduced.at(-1)?.[0] ?? 1);
  // Rows are the innermost axis of x, so all steps are multiples of their length.
  const isVector = innerTerms % 4 === 0;
  const { kept, reduced } = isVector ? inQuads(walk) : walk;
  const [outputs, terms] = [sizeOf(kept), sizeOf(reduced)];
  const { lanes, columns, tiles } = shareResults(outputs, isVector ? 4 * terms : terms, sideBySide(walk.kept));
  const allRounds = Math.ceil(terms / (isVector ? lanes : 4 * lanes));
  const rounds = Math.ceil(allRounds / Math.min(mostParts, partsFor(allRounds, tiles)));
  const parts = Math.ceil(allRounds / rounds);
  const constants = { OP: OPS[reduction], VECTOR: Number(isVector) };
  const axes = [...atLeastOne(kept), ...atLeastOne(reduced)].flat();
  const counts = [Math.max(1, kept.length), Math.max(1, reduced.length)];
  // The axes begin at a multiple of 16 bytes.
  const params = [outputs, terms, tiles, parts, rounds, lanes, columns, ...counts, 0, 0, 0, ...axes];
  const grid = gridFor(tiles * parts, limits, 1);
  return { parts, launch: (bindings) => ({ shader: SHADER, constants, params, bindings, grid }) };
}

const sizeOf = (axes: readonly Axis[]): number => product(axes.map(([size]) => size));

/** Results that are neighbours and lie as in x. */
export function sideBySide(kept: readonly Axis[]): number {
  const [size, step] = kept.at(-1) ?? [1, 1];
  return step === 1 ? size : 1;
}

/** Axes as kernels walk over them: without any there is one of size 1. */
export const atLeastOne = (axes: readonly Axis[]): readonly Axis[] => (axes.length === 0 ? [[1, 0]] : axes);

/** The same walk over vec4s of neighbouring terms. */
function inQuads({ kept, reduced }: Walk): Walk {
  const quartered = ([size, step = 0]: Axis): Axis => [size, step / 4];
  const inner = reduced.at(-1)?.[0] ?? 4;
  return { kept: kept.map(quartered), reduced: [...reduced.slice(0, -1).map(quartered), [inner / 4, 1]] };
}
