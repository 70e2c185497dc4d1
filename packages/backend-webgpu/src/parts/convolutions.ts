import type { Conv2dAttrs, Conv2dInputGradAttrs, FusedTable } from "@vertebra/core";
import type { GpuOperand } from "../launch";
import { type Calls, isLarge, type OpCall, type Run } from "./calls";
import { channelsOf, imageOf, inGroups, readChannels } from "./channels";
import { inputGradOfRows, inRowsOfOutput } from "./convolution-rows";

/** A way to cut a convolution of one image and one group, through one kind of its channels. */
interface Cut {
  readonly channels: number;
  /** Those of the operands that it cuts which may be large. */
  readonly operands: readonly GpuOperand[];
  readonly make: (runs: readonly Run[]) => void;
}

/** By the first of the cuts that makes something large smaller, or else by one that leaves less to the rows. */
function cutChannels(calls: Calls, cuts: readonly Cut[], inRows: () => void): void {
  const possible = cuts.filter(({ channels }) => channels > 1);
  const cut = possible.find(({ operands }) => operands.some((one) => isLarge(one, calls.limits))) ?? possible[0];
  if (cut) cut.make(calls.runs(cut.operands));
  else inRows();
}

/** weight[:, run], [O, run, kh, kw]. */
function inputChannels(calls: Calls, weight: GpuOperand, [first, count]: Run): GpuOperand {
  const [outputs, , ...kernel] = weight.shape as [number, number, number, number];
  const sizes = [outputs, count, ...kernel];
  return calls.make(sizes, "slice", [weight], { starts: [0, first, 0, 0], sizes, steps: [1, 1, 1, 1] }, weight.dtype);
}

/** Of one image. y by output channels; Σ over input channels; of one of each by rows. */
export function conv2d(calls: Calls, call: OpCall): void {
  const { op, inputs, outputs, attrs } = call;
  const [x, weight, ...others] = inputs as [GpuOperand, GpuOperand, ...GpuOperand[]];
  const y = outputs[0] as GpuOperand;
  const { groups } = attrs as Conv2dAttrs;
  if (groups > 1) {
    inGroups(calls, call, groups);
    return;
  }
  // Bias, scale and shift go by channel, the residual is an image.
  const ofChannels = (run: Run) =>
    others.map((one) => (one.shape.length === 1 ? calls.read(one, run) : readChannels(calls, one, run)));
  const byOutputs = (runs: readonly Run[]) =>
    calls.write(channelsOf(y), runs, (part, run) =>
      calls.into(imageOf(part), op, [x, calls.read(weight, run), ...ofChannels(run)], attrs),
    );
  const byInputs = (runs: readonly Run[]) => {
    const isFused = op === "conv2dFused";
    const sum = isFused ? calls.temporary(y.shape, y.dtype) : y;
    calls.fold(sum, "add", runs, (term, run) => {
      const bias = isFused || run[0] > 0 ? [] : others;
      calls.into(term, "conv2d", [readChannels(calls, x, run), inputChannels(calls, weight, run), ...bias], attrs);
    });
    if (isFused) finish(calls, sum, y, others, (attrs as FusedTable["conv2dFused"]).activation);
  };
  cutChannels(
    calls,
    [
      { channels: weight.shape[0] as number, operands: [channelsOf(y), weight], make: byOutputs },
      { channels: x.shape[1] as number, operands: [channelsOf(x)], make: byInputs },
    ],
    () => inRowsOfOutput(calls, call),
  );
}

/** y = activation(sum · scale + shift + residual). */
function finish(
  calls: Calls,
  sum: GpuOperand,
  y: GpuOperand,
  [scale, shift, residual]: readonly GpuOperand[],
  activation: FusedTable["conv2dFused"]["activation"],
): void {
  const byChannel = [sum, scale as GpuOperand, shift as GpuOperand];
  const isActivated = activation !== "none";
  if (!residual) {
    calls.into(y, isActivated ? "scaleShiftFused" : "scaleShift", byChannel, isActivated ? { activation } : {});
    return;
  }
  const terms = [calls.make(y.shape, "scaleShift", byChannel), residual];
  if (isActivated) calls.into(y, activation, [calls.make(y.shape, "add", terms)]);
  else calls.into(y, "add", terms);
}

/** Of one image. dx by input channels; Σ over output channels; of one of each by rows. */
export function conv2dInputGrad(calls: Calls, call: OpCall): void {
  const { op, inputs, outputs, attrs } = call;
  const [dy, weight] = inputs as [GpuOperand, GpuOperand];
  const dx = outputs[0] as GpuOperand;
  const { groups } = attrs as Conv2dInputGradAttrs;
  if (groups > 1) {
    inGroups(calls, call, groups);
    return;
  }
  const byInputs = (runs: readonly Run[]) =>
    calls.write(channelsOf(dx), runs, (part, run) =>
      calls.into(imageOf(part), op, [dy, inputChannels(calls, weight, run)], attrs),
    );
  const byOutputs = (runs: readonly Run[]) =>
    calls.fold(dx, "add", runs, (term, run) =>
      calls.into(term, op, [readChannels(calls, dy, run), calls.read(weight, run)], attrs),
    );
  cutChannels(
    calls,
    [
      { channels: dx.shape[1] as number, operands: [channelsOf(dx)], make: byInputs },
      { channels: weight.shape[0] as number, operands: [channelsOf(dy), weight], make: byOutputs },
    ],
    () => inputGradOfRows(calls, call),
  );
}

/** Σ over runs of images; of one image dw by output channels, then by input channels; of one of each Σ over rows. */
export function conv2dWeightGrad(calls: Calls, call: OpCall): void {
  const { op, inputs, outputs, attrs } = call;
  const [x, dy] = inputs as [GpuOperand, GpuOperand];
  const dw = outputs[0] as GpuOperand;
  const { groups } = attrs as Conv2dAttrs;
  if (x.shape[0] !== 1) {
    calls.foldRuns(dw, "add", inputs, (parts, term) => calls.into(term, op, parts, attrs));
    return;
  }
  if (groups > 1) {
    inGroups(calls, call, groups);
    return;
  }
  const byOutputs = (runs: readonly Run[]) =>
    calls.write(dw, runs, (part, run) => calls.into(part, op, [x, readChannels(calls, dy, run)], attrs));
  const byInputs = (runs: readonly Run[]) => {
    const [outputChannels, , ...kernel] = dw.shape as [number, number, number, number];
    const blocks = runs.map((run) =>
      calls.make([outputChannels, run[1], ...kernel], op, [readChannels(calls, x, run), dy], attrs),
    );
    calls.into(dw, "concat", blocks, { axis: 1, sizes: runs.map(([, count]) => count) });
  };
  cutChannels(
    calls,
    [
      { channels: dw.shape[0] as number, operands: [dw, channelsOf(dy)], make: byOutputs },
      { channels: x.shape[1] as number, operands: [channelsOf(x)], make: byInputs },
    ],
    () => inRowsOfOutput(calls, call),
  );
}
