import { type KernelTable, ShapeError } from "@vertebra/core";
import type { CpuOperand, Plan } from "../launch";
import { product, tasksFor } from "./axes";
import { elementBytesOf, patternOf } from "./strided";

type Attrs = KernelTable["pad"];

/** As pad.h numbers them. */
const MODES: { readonly [M in Attrs["mode"]]: number } = { constant: 0, reflect: 1, replicate: 2 };
const MAX_AXES = 8;

/** y = x with before[i] and after[i] elements around axis i. */
export const pad: Plan<Attrs> = (inputs, outputs, { before, after, mode, value }, workers) => {
  const [x, y] = [inputs[0], outputs[0]] as [CpuOperand, CpuOperand];
  const elements = product(y.shape);
  if (elements === 0) return null;
  const axes = paddedAxes("pad", { shape: x.shape, before, after });
  const rows = elements / paddedSize(axes.at(-1) as PaddedAxis);
  const tasks = Math.min(rows, tasksFor(elements, workers));
  return {
    entry: "pad",
    ints: [x.pointer, y.pointer, elementBytesOf(x), MODES[mode], patternOf(y, value), rows, tasks, axes.length, ...axes.flat()],
  };
};

export type PaddedAxis = readonly [size: number, before: number, after: number];

const paddedSize = ([size, before, after]: PaddedAxis): number => before + size + after;
export const modeNumber = (mode: Attrs["mode"]): number => MODES[mode];

interface Padding {
  /** Of what is padded. */
  readonly shape: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Axes of pad.h: neighbours without padding joined; at least one. */
export function paddedAxes(op: string, { shape, before, after }: Padding): PaddedAxis[] {
  const axes: PaddedAxis[] = [];
  for (const [i, size] of shape.entries()) {
    const own: PaddedAxis = [size, before[i] as number, after[i] as number];
    const outer = axes.at(-1);
    if (outer && isPlain(outer) && isPlain(own)) axes[axes.length - 1] = [outer[0] * size, 0, 0];
    else axes.push(own);
  }
  if (axes.length <= MAX_AXES) return axes.length === 0 ? [[1, 0, 0]] : axes;
  throw new ShapeError(op, { rule: `at most ${MAX_AXES} axes may be padded`, got: `${axes.length}`, fix: "Pad in two steps" });
}

const isPlain = ([, before, after]: PaddedAxis): boolean => before === 0 && after === 0;
