import type { SliceAttrs } from "../../ops/slice";
import { sizeAt } from "../../shape";
import type { Found, LintRule, LintSubject } from "../rule";
import type { TracedCall, TracedTensor } from "../trace";

/** Values of which only some channels are read. */
export const droppedChannels: LintRule = {
  severity: "warning",
  why: "What was computed or learned for the other channels never reaches the output.",
  fix: "Read all channels, or make only those that are read.",
  find: (subject) => {
    const { evaluation, graph } = subject;
    if (evaluation.error) return [];
    const alive = graph.upstreamOf(evaluation.outputs).calls;
    const values = evaluation.calls
      .filter((call) => call.op === "slice" && alive.has(call))
      .map(({ inputs }) => inputs[0] as TracedTensor);
    const isFirst = (value: TracedTensor, i: number) => values.findIndex(({ storage }) => storage === value.storage) === i;
    return values.filter(isFirst).flatMap((value) => {
      const readers = graph.readersOf(value).filter((call) => alive.has(call));
      if (graph.isOutput(value) || !readers.every((call) => isSliceOf(call, value))) return [];
      return axesOf(value, subject).flatMap((axis) => found(value, axis, readers, subject));
    });
  },
};

const isSliceOf = ({ op, inputs }: TracedCall, { shape }: TracedTensor): boolean =>
  op === "slice" && inputs[0]?.shape.join() === shape.join();

/** The axes that hold channels: 1 in maps and features, any in a weight. Tokens [N, L, C] are left alone. */
function axesOf(value: TracedTensor, { graph }: LintSubject): readonly number[] {
  if (graph.isParameter(value)) return value.shape.map((_, axis) => axis);
  return value.shape.length === 4 || value.shape.length === 2 ? [1] : [];
}

function found(value: TracedTensor, axis: number, readers: readonly TracedCall[], { evaluation, graph }: LintSubject): Found[] {
  const read = new Set(readers.flatMap(({ attrs }) => indicesOf(attrs as SliceAttrs, axis)));
  const size = sizeAt(value.shape, axis);
  if (read.size === size) return [];
  const unread = Array.from({ length: size }, (_, i) => i).filter((i) => !read.has(i));
  const name = evaluation.parameters.find(({ storage }) => storage === value.storage)?.name;
  const maker = graph.makersOf(value)[0];
  const what = name ? `${name} along axis ${axis}` : maker ? `what ${maker.layer || maker.op} makes` : "the input";
  const message = `${unread.length} of the ${size} channels of ${what} are never read: ${rangesOf(unread)}`;
  return [{ path: readers[0]?.layer || maker?.layer || "", message }];
}

const indicesOf = ({ starts, sizes, steps }: SliceAttrs, axis: number): number[] =>
  Array.from({ length: sizeAt(sizes, axis) }, (_, i) => sizeAt(starts, axis) + i * sizeAt(steps, axis));

/** `0–3, 8`. */
function rangesOf(sorted: readonly number[]): string {
  const starts = sorted.filter((value, i) => i === 0 || sorted[i - 1] !== value - 1);
  const ends = sorted.filter((value, i) => sorted[i + 1] !== value + 1);
  return starts.map((start, i) => (start === ends[i] ? `${start}` : `${start}–${ends[i]}`)).join(", ");
}
