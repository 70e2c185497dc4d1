import type { Conv2dAttrs } from "../ops/conv2d";
import type { MaxPool2dAttrs } from "../ops/maxPool2d";
import type { Windows } from "../ops/windows";
import { sizeAt } from "../shape";
import type { TracedCall, TracedTensor } from "./trace";

/** How the outputs of a convolution, pooling or resizing read their input along one axis. */
export interface AxisReads {
  readonly inputSize: number;
  /** Inputs from the first to the last that one output reads, where it isn't cut off by the border. */
  readonly extent: number;
  /** Inputs between two neighbouring outputs; below 1 where the map grows. */
  readonly stride: number;
  /** Inputs at the end that no output reads. */
  readonly unread: number;
  /** Outputs skip inputs between them, so what is unread at the end is no accident. */
  readonly skips: boolean;
}

/** Of a call, what tells how it moves over maps. */
export type MapCall = Pick<TracedCall, "op" | "attrs" | "inputs" | "outputs">;

/** Height and width of what a call reads; undefined for calls that don't move over maps. */
export function spatialReads(call: MapCall): readonly [AxisReads, AxisReads] | undefined {
  if (call.op === "conv2d") return [convReads(call, 0), convReads(call, 1)];
  if (call.op !== "maxPool2d" && call.op !== "resample2d") return undefined;
  const { rows, columns } = call.attrs as MaxPool2dAttrs;
  return [windowReads(rows), windowReads(columns)];
}

function convReads(call: MapCall, axis: 0 | 1): AxisReads {
  const [x, weight] = call.inputs as [TracedTensor, TracedTensor];
  const { stride, padding, dilation } = call.attrs as Conv2dAttrs;
  const inputSize = sizeAt(x.shape, axis + 2);
  const outputs = sizeAt((call.outputs[0] as TracedTensor).shape, axis + 2);
  const extent = dilation[axis] * (sizeAt(weight.shape, axis + 2) - 1) + 1;
  const lastRead = (outputs - 1) * stride[axis] + extent - padding[(2 * axis) as 0 | 2];
  return {
    inputSize,
    extent,
    stride: stride[axis],
    unread: Math.max(0, inputSize - lastRead),
    skips: stride[axis] > extent,
  };
}

function windowReads({ inputSize, starts, counts, step }: Windows): AxisReads {
  const ends = starts.map((start, i) => start + ((counts[i] as number) - 1) * step + 1);
  const distances = (values: Int32Array) => Array.from(values.subarray(1), (value, i) => value - (values[i] as number));
  // The first window may be cut off at its start and the last at its end: the widest of all is a whole one.
  const widest = Math.max(...distances(starts), ...distances(ends));
  const grows = starts.length > inputSize;
  return {
    inputSize,
    extent: Math.max(...ends.map((end, i) => end - (starts[i] as number))),
    stride: starts.length < 2 || grows ? inputSize / starts.length : widest,
    unread: inputSize - Math.max(...ends),
    skips: starts.some((start, i) => i > 0 && start > (ends[i - 1] as number)),
  };
}
