import type { Conv2dAttrs, Conv2dInputGradAttrs, Padding4 } from "@vertebra/core";
import type { GpuOperand } from "../launch";
import type { Calls, OpCall, Run } from "./calls";
import { heightOf, planeOf, readRows, rowsOf, runsOfRows } from "./plane-rows";

/** Rows that a window covers. */
const extentOf = ({ dilation: [dilation] }: Conv2dAttrs, kernel: number): number => dilation * (kernel - 1) + 1;

/**
 * Of one plane each, conv2d, conv2dFused and conv2dWeightGrad: runs of the rows of y (or dy), each with the rows of x that its windows
 * cover, and with padding of its own where these end.
 */
export function inRowsOfOutput(calls: Calls, { op, inputs, outputs, attrs }: OpCall): void {
  const isOfWeight = op === "conv2dWeightGrad";
  const [x, second, ...others] = inputs as [GpuOperand, GpuOperand, ...GpuOperand[]];
  const [weight, y] = (isOfWeight ? [outputs[0], second] : [second, outputs[0]]) as [GpuOperand, GpuOperand];
  const conv = attrs as Conv2dAttrs;
  const extent = extentOf(conv, heightOf(weight));
  const mostOfX = Math.floor((calls.rowsPerRun([rowsOf(x)]) - extent) / conv.stride[0]) + 1;
  const runs = runsOfRows(calls, [y], mostOfX);
  const call = (part: GpuOperand, run: Run, ofRun: (rows: GpuOperand, padding: Padding4) => readonly GpuOperand[]) => {
    const { rows, padding } = windowsOf(calls, x, run, conv, extent);
    calls.into(part, op, ofRun(rows, padding), { ...conv, padding });
  };
  if (isOfWeight) {
    calls.fold(weight, "add", runs, (term, run) => call(term, run, (rows) => [rows, readRows(calls, y, run)]));
    return;
  }
  // The residual is a plane.
  const ofRun = (run: Run) => others.map((one) => (one.shape.length === 1 ? one : readRows(calls, one, run)));
  calls.write(rowsOf(y), runs, (part, run) => call(planeOf(part), run, (rows) => [rows, weight, ...ofRun(run)]));
}

/** What the windows of some rows of y cover of x. */
function windowsOf(calls: Calls, x: GpuOperand, [first, count]: Run, { stride, padding }: Conv2dAttrs, extent: number) {
  const [top, , left, right] = padding;
  const begin = first * stride[0] - top;
  const end = begin + (count - 1) * stride[0] + extent;
  const [from, to] = [Math.max(0, begin), Math.min(heightOf(x), end)];
  if (from < to) {
    return { rows: readRows(calls, x, [from, to - from]), padding: [from - begin, end - to, left, right] as const };
  }
  // Nothing but padding.
  const shape = [1, 1, end - begin, x.shape[3] as number];
  const zeros = calls.make(shape, "fill", [], { shape, dtype: x.dtype, value: 0 }, x.dtype);
  return { rows: zeros, padding: [0, 0, left, right] as const };
}

/** Of one plane each: runs of the rows of dx, each with the rows of dy whose windows cover some of them. */
export function inputGradOfRows(calls: Calls, { op, inputs, outputs, attrs }: OpCall): void {
  const [dy, weight] = inputs as [GpuOperand, GpuOperand];
  const dx = outputs[0] as GpuOperand;
  const conv = attrs as Conv2dInputGradAttrs;
  const {
    stride: [stride],
    padding: [top, , left, right],
    inputSize: [, width],
  } = conv;
  const extent = extentOf(conv, heightOf(weight));
  const mostOfDy = (calls.rowsPerRun([rowsOf(dy)]) - 1) * stride - Math.max(extent, stride) + 1;
  calls.write(rowsOf(dx), runsOfRows(calls, [dx], mostOfDy), (part, [first, count]) => {
    // Of the padded x; a window more than needed where none begins in the first row, so that no padding is below 0.
    const row = first + top;
    const from = Math.max(0, Math.min(Math.ceil((row - extent + 1) / stride), Math.floor(row / stride)));
    const to = Math.min(heightOf(dy), Math.floor((row + count - 1) / stride) + 1);
    if (from >= to) {
      calls.into(part, "fill", [], { shape: part.shape, dtype: part.dtype, value: 0 });
      return;
    }
    const before = row - from * stride;
    const after = Math.max(0, (to - from - 1) * stride + extent - before - count);
    const padding = [before, after, left, right] as const;
    const rows = readRows(calls, dy, [from, to - from]);
    calls.into(planeOf(part), op, [rows, weight], { ...conv, padding, inputSize: [count, width] });
  });
}
