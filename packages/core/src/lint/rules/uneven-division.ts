import type { Graph } from "../graph";
import type { Found, LintRule } from "../rule";
import { type AxisReads, spatialReads } from "../spatial";
import type { TracedCall, TracedTensor } from "../trace";

/** Share of a map's rows or columns from which on losing them is no rounding any more. */
const MUCH = 0.1;
const AXES = ["row", "column"] as const;

/** Strided windows that don't reach the end of the map. */
export const unevenDivision: LintRule = {
  severity: "warning",
  why: "The lower and right border of the image never reaches the output, and flipping the image changes what is seen.",
  fix: "Choose an input size that divides, pad the end, or pool with ceilMode: true.",
  find: ({ evaluation, graph }) => evaluation.calls.flatMap((call) => unreadEnds(call, graph)),
};

function unreadEnds(call: TracedCall, graph: Graph): Found[] {
  const reads = spatialReads(call);
  if (!reads) return [];
  const x = call.inputs[0] as TracedTensor;
  const readers = graph
    .readersOf(x)
    .map((reader) => (reader.inputs[0]?.storage === x.storage ? spatialReads(reader) : undefined));
  // What one branch leaves out, another may read.
  const lost = reads.map(({ skips }, axis) => (skips ? 0 : Math.min(...readers.map((other) => other?.[axis]?.unread ?? 0))));
  if (lost.every((count) => count === 0)) return [];
  const isMuch = reads.some(({ inputSize }, axis) => (lost[axis] ?? 0) / inputSize >= MUCH);
  return [{ path: call.layer, message: messageOf(nameOf(call, graph), reads, lost), severity: isMuch ? "warning" : "note" }];
}

/** `pooling`, and where it stands if it is no layer of its own. */
function nameOf({ op, layer, inputs }: TracedCall, graph: Graph): string {
  const before = layer === "" ? graph.layerBefore(inputs[0] as TracedTensor) : "";
  return `${op === "conv2d" ? "convolution" : "pooling"}${before === "" ? "" : ` after ${before}`}`;
}

function messageOf(name: string, reads: readonly AxisReads[], lost: readonly number[]): string {
  const parts = lost.flatMap((count, i) => (count > 0 ? [`${count} ${AXES[i as 0 | 1]}${count === 1 ? "" : "s"}`] : []));
  const map = reads.map(({ inputSize }) => inputSize).join("×");
  const [rows, columns] = reads as [AxisReads, AxisReads];
  const steps = rows.stride === columns.stride ? `${rows.stride}` : `${rows.stride}×${columns.stride}`;
  return `the ${name} leaves out ${parts.join(" and ")} of a ${map} map: ${rows.extent}×${columns.extent} windows at stride ${steps} don't divide it`;
}
