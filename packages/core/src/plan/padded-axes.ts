import { ShapeError } from "../errors";
import { MAX_AXES } from "./axes";

export type PaddedAxis = readonly [size: number, before: number, after: number];

export const paddedSize = ([size, before, after]: PaddedAxis): number => before + size + after;

export interface Padding {
  /** Of what is padded. */
  readonly shape: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Axes of a padding: neighbours without padding joined; at least one. */
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
