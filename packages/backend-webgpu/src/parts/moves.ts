import type { PadMode } from "@vertebra/core";
import type { GpuOperand } from "../launch";
import { type Calls, isLarge, type OpCall, ranges, view } from "./calls";

/** Along axis 0 parts lie one behind the other. */
export function concat(calls: Calls, { inputs, outputs }: OpCall): void {
  let first = 0;
  for (const part of inputs) {
    const count = part.shape[0] as number;
    if (count > 0) calls.copy(part, view(outputs[0] as GpuOperand, first, count));
    first += count;
  }
}

/** Where axis 0 goes elsewhere: runs of its entries become columns of y. */
export function permute(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const { axes } = attrs as { readonly axes: readonly number[] };
  // Axes of size 1 may stand anywhere.
  const isLong = (axis: number) => inputs[0]?.shape[axis] !== 1;
  const kept = axes.map((_, axis) => axis).filter(isLong);
  const order = axes.filter(isLong).map((axis) => kept.indexOf(axis));
  const [x, y] = [inputs[0], outputs[0]].map((one) => withShape(one, (size) => size !== 1)) as [GpuOperand, GpuOperand];
  if (order.every((axis, i) => axis === i)) calls.copy(x, y);
  else if (order[0] === 0) calls.into(y, "permute", [x], { axes: order });
  else {
    const columns = calls.runs([x]).map((run) => {
      const part = calls.read(x, run);
      const shape = order.map((axis) => part.shape[axis] as number);
      return calls.make(shape, "permute", [part], { axes: order }, x.dtype);
    });
    const axis = order.indexOf(0);
    calls.into(y, "concat", columns, { axis, sizes: columns.map(({ shape }) => shape[axis]) });
  }
}

const withShape = (one: GpuOperand | undefined, isKept: (size: number) => boolean): GpuOperand => ({
  ...(one as GpuOperand),
  shape: (one as GpuOperand).shape.filter(isKept),
});

/** Runs of y, each x repeated or a run of x. */
export function expand(calls: Calls, { inputs, outputs }: OpCall): void {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const xShape = [...new Array<number>(y.shape.length - x.shape.length).fill(1), ...x.shape];
  const outer = y.shape.findIndex((size) => size !== 1);
  const [from, to] = [
    { ...x, shape: xShape.slice(outer) },
    { ...y, shape: y.shape.slice(outer) },
  ];
  const isRepeated = from.shape[0] === 1;
  calls.write(to, calls.runs(isRepeated ? [to] : [to, from]), (part, run) =>
    calls.into(part, "expand", [isRepeated ? from : calls.read(from, run)], { shape: part.shape }),
  );
}

interface SliceAttrs {
  readonly starts: readonly [number, ...number[]];
  readonly steps: readonly [number, ...number[]];
}

/** Runs of y, each of the run of x that it lies in. */
export function slice(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const { starts, steps } = attrs as SliceAttrs;
  const [[start, ...inner], step] = [starts, steps[0]];
  const most = Math.min(calls.rowsPerRun([y]), Math.ceil(calls.rowsPerRun([x]) / step));
  calls.write(y, ranges(y.shape[0] as number, most), (part, [first, count]) => {
    const from = calls.read(x, [start + first * step, (count - 1) * step + 1]);
    calls.into(part, "slice", [from], { starts: [0, ...inner], sizes: part.shape, steps });
  });
}

/** Runs of dx, each with the run of dy that lies in it. */
export function sliceGrad(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const [dy, dx] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const { starts, steps } = attrs as SliceAttrs;
  const [[start, ...inner], step] = [starts, steps[0]];
  const indexFrom = (row: number) => Math.min(Math.max(0, Math.ceil((row - start) / step)), dy.shape[0] as number);
  calls.write(dx, calls.runs([dx]), (part, [first, count]) => {
    const [from, to] = [indexFrom(first), indexFrom(first + count)];
    if (to === from) return fill(calls, part, 0);
    const placed = { starts: [start + from * step - first, ...inner], steps, shape: part.shape };
    calls.into(part, "sliceGrad", [calls.read(dy, [from, to - from])], placed);
  });
}

const fill = (calls: Calls, y: GpuOperand, value: number): void =>
  void calls.into(y, "fill", [], { shape: y.shape, dtype: y.dtype, value });

interface PadAttrs {
  readonly before: readonly [number, ...number[]];
  readonly after: readonly [number, ...number[]];
  readonly mode: PadMode;
  readonly value: number;
}

/** Runs of y, each with the run of x that lies in it; what mirrors or repeats x's images is copied image by image. */
export function pad(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const [x, y] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const padding = attrs as PadAttrs;
  const [before, ...innerBefore] = padding.before;
  const images = x.shape[0] as number;
  if (padding.mode !== "constant") {
    const wide = calls.make([images, ...y.shape.slice(1)], "pad", [x], offAxis0(padding), y.dtype);
    calls.copy(wide, view(y, before, images));
    for (const { row, source } of outside(padding, images)) calls.copy(view(wide, source, 1), view(y, row, 1));
    return;
  }
  const inside = (row: number) => Math.min(Math.max(0, row - before), images);
  calls.write(y, calls.runs([y]), (part, [first, count]) => {
    const [from, to] = [inside(first), inside(first + count)];
    if (to === from) return fill(calls, part, padding.value);
    const own = Math.max(0, before - first);
    const around = { before: [own, ...innerBefore], after: [count - own - (to - from), ...padding.after.slice(1)] };
    calls.into(part, "pad", [calls.read(x, [from, to - from])], { ...padding, ...around });
  });
}

/** A slice, but for borders that mirror or repeat: what comes from these is added image by image. */
export function padGrad(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const [dy, dx] = [inputs[0], outputs[0]] as [GpuOperand, GpuOperand];
  const padding = attrs as PadAttrs;
  const images = dx.shape[0] as number;
  if (padding.mode === "constant") {
    calls.into(dx, "slice", [dy], { starts: padding.before, sizes: dx.shape, steps: dx.shape.map(() => 1) });
    return;
  }
  const shape = [dy.shape[0] as number, ...dx.shape.slice(1)];
  const narrow = calls.make(shape, "padGrad", [dy], { ...offAxis0(padding), shape }, dy.dtype);
  calls.copy(view(narrow, padding.before[0], images), dx);
  for (const { row, source } of outside(padding, images)) {
    const run = [source, 1] as const;
    const sum = calls.make([1, ...dx.shape.slice(1)], "add", [calls.read(dx, run), calls.read(narrow, [row, 1])]);
    calls.copy(sum, view(dx, ...run));
  }
}

/** The same on all axes but the first. */
const offAxis0 = (padding: PadAttrs): PadAttrs => ({
  ...padding,
  before: [0, ...padding.before.slice(1)],
  after: [0, ...padding.after.slice(1)],
});

/** The images of y beside x's, and which of x's stands there. */
function outside({ before: [before], after: [after], mode }: PadAttrs, images: number) {
  const rows = Array.from({ length: before + after }, (_, i) => (i < before ? i : i + images));
  return rows.map((row) => {
    const at = row - before;
    const mirrored = at < 0 ? -at : 2 * (images - 1) - at;
    return { row, source: mode === "reflect" ? mirrored : Math.min(Math.max(0, at), images - 1) };
  });
}

/** True if an entry along axis 0 can't be bound. */
export const hasLargeEntries = ({ inputs, outputs }: OpCall, { limits }: Calls): boolean =>
  [...inputs, ...outputs].some((one) => one.shape.length > 1 && isLarge({ ...one, shape: [1, ...one.shape.slice(1)] }, limits));

/** An op along axis 0 with that axis moved behind all others, which can then be cut. */
export function onLastAxis(calls: Calls, { op, inputs, outputs, attrs }: OpCall): void {
  const rank = inputs[0]?.shape.length ?? 0;
  const turn = <T>([first, ...others]: readonly T[]): T[] => [...others, first as T];
  const axes = turn(Array.from({ length: rank }, (_, axis) => axis));
  const turned = inputs.map((one) => calls.make(turn(one.shape), "permute", [one], { axes }, one.dtype));
  // The axis may be gone from the result.
  const whole = outputs.map((y): GpuOperand => (y.shape.length === rank ? y : { ...y, shape: [1, ...y.shape] }));
  const results = whole.map(({ shape, dtype }) => calls.temporary(turn(shape), dtype));
  const { shape } = attrs as { readonly shape?: readonly number[] };
  calls.list.push({
    op,
    inputs: turned,
    outputs: results,
    attrs: { ...(attrs as object), axis: rank - 1, ...(shape && { shape: turn(shape) }) },
  });
  const back = [rank - 1, ...axes.slice(0, -1).map((axis) => axis - 1)];
  for (const [i, y] of whole.entries()) calls.into(y, "permute", [results[i] as GpuOperand], { axes: back });
}

/** Along axis 0: runs of the indices; of a large x, what each run of x has of them. */
export function gather(calls: Calls, { inputs, outputs }: OpCall): void {
  const [x, indices] = inputs as [GpuOperand, GpuOperand];
  const y = outputs[0] as GpuOperand;
  if (!isLarge(x, calls.limits)) {
    const runs = calls.runs([y, indices]);
    calls.write(y, runs, (part, run) => calls.into(part, "gather", [x, calls.read(indices, run)], { axis: 0 }));
    return;
  }
  let found: GpuOperand | undefined;
  const runs = calls.runs([x]);
  for (const [i, run] of runs.entries()) {
    const first = calls.number(run[0], "i32");
    const local = calls.make(indices.shape, "sub", [indices, first], {}, "i32");
    const own = calls.make(y.shape, "gather", [calls.read(x, run), local], { axis: 0 }, y.dtype);
    // Of an index past a run the next one tells; past the last it is missing there too.
    const isBehind = found && calls.make(indices.shape, "greaterEqual", [indices, first], {}, "bool");
    const target = i === runs.length - 1 ? y : calls.temporary(y.shape, y.dtype);
    found = found && isBehind ? calls.into(target, "where", [isBehind, own, found]) : own;
  }
}

/** Along axis 0: runs of y, each with all values, of which it takes its own; of a small y, sums of runs of the values. */
export function scatterAdd(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const [values, indices] = inputs as [GpuOperand, GpuOperand];
  const y = outputs[0] as GpuOperand;
  if (!isLarge(y, calls.limits)) {
    calls.foldRuns(y, "add", [values, indices], (parts, term) => calls.into(term, "scatterAdd", parts, attrs));
    return;
  }
  calls.write(y, calls.runs([y]), (part, [first]) => {
    const local = calls.make(indices.shape, "sub", [indices, calls.number(first, "i32")], {}, "i32");
    calls.into(part, "scatterAdd", [values, local], { axis: 0, shape: part.shape });
  });
}

/** Along another axis, of x's first images. */
export function gatherOfFirst(calls: Calls, { op, inputs, outputs, attrs }: OpCall): void {
  const [x, indices] = inputs as [GpuOperand, GpuOperand];
  const images = indices.shape[0] as number;
  if (images === x.shape[0]) calls.refuse();
  calls.into(outputs[0] as GpuOperand, op, [view(x, 0, images), indices], attrs);
}

/** Along another axis, into y's first images: the others get zeros. */
export function scatterAddInFirst(calls: Calls, { op, inputs, outputs, attrs }: OpCall): void {
  const y = outputs[0] as GpuOperand;
  const [images, all] = [inputs[0]?.shape[0] as number, y.shape[0] as number];
  if (images === all) calls.refuse();
  const first = view(y, 0, images);
  calls.into(first, op, inputs, { ...(attrs as object), shape: first.shape });
  const rest = ranges(all - images, calls.rowsPerRun([y])).map(([from, count]) => [images + from, count] as const);
  calls.write(y, rest, (part) => fill(calls, part, 0));
}
