import { requireWalkable } from "./axes";
import { type Padding, paddedAxes, paddedSize } from "./padded-axes";

/** An axis of y: `size` elements of x lie from index `before` on, `step` apart. */
export interface PlacedAxis {
  readonly total: number;
  readonly before: number;
  readonly size: number;
  readonly step: number;
}

/** True if x fills the axis. */
export const isFilled = ({ total, size }: PlacedAxis): boolean => total === size;

/** Where x lies in what it is padded to; at least one axis. */
export const placedByPadding = (op: string, padding: Padding): PlacedAxis[] =>
  paddedAxes(op, padding).map((axis) => ({ total: paddedSize(axis), before: axis[1], size: axis[0], step: 1 }));

/** Where a slice of `shape` lies in what it was taken from; at least one axis. */
export function placedBySlice(
  op: string,
  shape: readonly number[],
  from: { readonly shape: readonly number[]; readonly starts: readonly number[]; readonly steps: readonly number[] },
): PlacedAxis[] {
  const axes: PlacedAxis[] = [];
  for (const [i, total] of from.shape.entries()) {
    const size = shape[i] as number;
    const own = { total, before: from.starts[i] as number, size, step: size > 1 ? (from.steps[i] as number) : 1 };
    const outer = axes.at(-1);
    // What the slice fills is joined with the axis around it.
    if (outer?.step === 1 && isFilled(own)) axes[axes.length - 1] = joined(outer, total);
    else axes.push(own);
  }
  requireWalkable(
    op,
    from.shape,
    axes.map(({ total }) => [total]),
  );
  return axes.length === 0 ? [{ total: 1, before: 0, size: 1, step: 1 }] : axes;
}

const joined = ({ total, before, size }: PlacedAxis, inner: number): PlacedAxis => ({
  total: total * inner,
  before: before * inner,
  size: size * inner,
  step: 1,
});

/** True if the axis begins and ends at multiples of `elements`, and so does x in it. */
export const isPlacedInUnits = ({ total, before, size }: PlacedAxis, elements: number): boolean =>
  total % elements === 0 && before % elements === 0 && size % elements === 0;

/** The axes with the innermost one counted in units of `elements`. */
export const placedInUnits = (axes: readonly PlacedAxis[], elements: number): readonly PlacedAxis[] =>
  axes.map((axis, i) =>
    i < axes.length - 1
      ? axis
      : {
          total: axis.total / elements,
          before: axis.before / elements,
          size: axis.size / elements,
          step: axis.step,
        },
  );
