import { product } from "@vertebra/core/plan";
import type { GpuOperand } from "../launch";
import type { Calls, OpCall, Run } from "./calls";

/** A reduction over axis 0 too: of runs of entries, then of what these gave, by the binary op `join`. */
export const reduction =
  (join: string) =>
  (calls: Calls, { op, inputs, outputs, attrs }: OpCall): void => {
    const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
    const { axes } = attrs as { readonly axes: readonly number[] };
    const [size, ...image] = x.shape as [number, ...number[]];
    const isOfAll = axes.length === x.shape.length && image.length > 0;
    if (isOfAll || size === 1) {
      const rest = isOfAll ? [0] : inner(axes);
      const from = { ...x, shape: isOfAll ? [product(x.shape)] : image };
      const kept = from.shape.filter((_, axis) => !rest.includes(axis));
      // Of one entry along the only axis nothing is left to do.
      if (rest.length === 0) calls.copy(from, y);
      else calls.into({ ...y, shape: kept }, op, [from], { axes: rest, keepDims: false });
      return;
    }
    calls.foldRuns(y, join, [x], (parts, term) => calls.into(term, op, parts, attrs));
  };

/** The axes of what is inside the only image. */
const inner = (axes: readonly number[]): number[] => axes.flatMap((axis) => (axis === 0 ? [] : [axis - 1]));

/** dx of a product along axis 0: of each run, with dy times the product of all others. */
export function prodGrad(calls: Calls, { op, inputs, outputs, attrs }: OpCall): void {
  const [x, dy] = inputs as [GpuOperand, GpuOperand];
  const dx = outputs[0] as GpuOperand;
  if (x.shape[0] === 1) {
    const { axes } = attrs as { readonly axes: readonly number[] };
    const image = (one: GpuOperand): GpuOperand => ({ ...one, shape: one.shape.slice(1) });
    calls.into(image(dx), op, inputs.map(image), { axes: inner(axes) });
    return;
  }
  const runs = calls.runs([x, dx]);
  const own = runs.map((run) => calls.make(dy.shape, "prod", [calls.read(x, run)], { ...(attrs as object), keepDims: true }));
  const othersOf = (run: Run) =>
    own.reduce((all, one, i) => (runs[i] === run ? all : calls.make(dy.shape, "mul", [all, one])), dy);
  calls.write(dx, runs, (part, run) => calls.into(part, op, [calls.read(x, run), othersOf(run)], attrs));
}

/** The best of the bests of runs along axis 0. Of equals it finds the first, which is in the first of the runs that have it. */
export function argmax(calls: Calls, { inputs, outputs }: OpCall): void {
  const x = inputs[0] as GpuOperand;
  const one = [1, ...x.shape.slice(1)];
  const bests = calls.runs([x]).map((run) => {
    const part = calls.read(x, run);
    const index = calls.make(one, "argmax", [part], { axis: 0, keepDims: true }, "i32");
    return { value: calls.make(one, "amax", [part], { axes: [0], keepDims: true }, x.dtype), index: shift(calls, index, run) };
  });
  const [values, indices] = joined(calls, bests);
  const winner = calls.make(one, "argmax", [values], { axis: 0, keepDims: true }, "i32");
  calls.into({ ...(outputs[0] as GpuOperand), shape: one }, "gather", [indices, winner], { axis: 0 });
}

/** The best of the bests of runs along axis 0. */
export function topK(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const x = inputs[0] as GpuOperand;
  const { k, largest } = attrs as { readonly k: number; readonly largest: boolean };
  const best = (from: GpuOperand, shape: readonly number[], value = calls.temporary(shape, x.dtype)) => {
    const index = calls.temporary(shape, "i32");
    calls.list.push({ op: "topK", inputs: [from], outputs: [value, index], attrs: { k: shape[0], axis: 0, largest } });
    return { value, index };
  };
  const runs = calls.runs([x]);
  // Where a run has no more than are asked for, nothing would be left out.
  if (runs.every(([, count]) => count <= k)) calls.refuse();
  const bests = runs.map((run) => {
    const { value, index } = best(calls.read(x, run), [Math.min(k, run[1]), ...x.shape.slice(1)]);
    return { value, index: shift(calls, index, run) };
  });
  const [values, indices] = joined(calls, bests);
  const [y, yIndices] = outputs as [GpuOperand, GpuOperand];
  calls.into(yIndices, "gather", [indices, best(values, y.shape, y).index], { axis: 0 });
}

/** Indices within a run as indices of all. */
const shift = (calls: Calls, index: GpuOperand, [first]: Run): GpuOperand =>
  calls.make(index.shape, "add", [index, calls.number(first, "i32")], {}, "i32");

function joined(calls: Calls, bests: readonly { readonly value: GpuOperand; readonly index: GpuOperand }[]) {
  const join = (parts: readonly GpuOperand[]): GpuOperand => {
    const [first] = parts as [GpuOperand];
    const sizes = parts.map(({ shape }) => shape[0] as number);
    const shape = [sizes.reduce((sum, size) => sum + size, 0), ...first.shape.slice(1)];
    return calls.make(shape, "concat", parts, { axis: 0, sizes }, first.dtype);
  };
  return [join(bests.map(({ value }) => value)), join(bests.map(({ index }) => index))] as const;
}
