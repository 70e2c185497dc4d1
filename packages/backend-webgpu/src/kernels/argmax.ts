import type { KernelTable } from "@vertebra/core";
import { type Binding, type GpuOperand, gridFor, type Launch, type Limits, type Plan } from "../launch";
import { shader } from "../shader";
import code from "./argmax.wgsl";
import { type Lines, linesOf, partsFor, type Sharing, shareResults } from "./sharing";

const SHADER = shader("argmax", code);

/** Index of the largest value along `axis`. */
export const argmax: Plan<KernelTable["argmax"]> = (inputs, outputs, { axis }, limits) => {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const lines = linesOf(x.shape, axis);
  if (lines.count === 0) return [];
  const isInts = x.dtype === "i32";
  const sharing = shareResults(lines.count, lines.n, lines.inner);
  const allRounds = Math.ceil(lines.n / sharing.lanes);
  const rounds = Math.ceil(allRounds / partsFor(allRounds, sharing.tiles));
  const parts = Math.ceil(allRounds / rounds);
  const first = { ...sharing, lines, isInts, parts, rounds, terms: lines.n };
  // Where there are no candidates to read, x stands in.
  if (parts === 1) return [launchOf(first, [x, x, y], limits)];
  const candidates = { scratchBytes: parts * lines.count * 4 };
  const joining = shareResults(lines.count, parts, lines.inner);
  const last = { ...first, ...joining, parts: 1, rounds: Math.ceil(parts / joining.lanes), terms: parts };
  return [launchOf(first, [x, x, candidates], limits), launchOf({ ...last, hasCandidates: true }, [x, candidates, y], limits)];
};

interface Search extends Sharing {
  readonly lines: Lines;
  readonly isInts: boolean;
  readonly hasCandidates?: boolean;
  readonly parts: number;
  readonly rounds: number;
  /** Elements or candidates of a line. */
  readonly terms: number;
}

function launchOf(search: Search, bindings: readonly Binding[], limits: Limits): Launch {
  const { lines, isInts, hasCandidates = false, lanes, columns, tiles, parts, rounds, terms } = search;
  return {
    shader: SHADER,
    constants: { INTS: Number(isInts), CANDIDATES: Number(hasCandidates) },
    params: [lines.count, lines.n, terms, lines.inner, tiles, parts, rounds, lanes, columns],
    bindings,
    grid: gridFor(tiles * parts, limits, 1),
  };
}
