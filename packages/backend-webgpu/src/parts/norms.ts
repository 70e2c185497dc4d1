import { product } from "@vertebra/core/plan";
import type { GpuOperand } from "../launch";
import type { Calls, OpCall } from "./calls";

/** Mean and variance in two passes, then y = (x − mean) · scale + bias. */
export function batchNormTrain(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const [x, weight, bias] = inputs as [GpuOperand, GpuOperand, GpuOperand];
  const [y, mean, variance] = outputs as [GpuOperand, GpuOperand, GpuOperand];
  const share = calls.number((x.shape[1] as number) / product(x.shape));
  const { sumOf, byChannel } = channelsOf(calls, x);
  calls.into(mean, "mul", [sumOf(x), share]);
  const centered = calls.make(x.shape, "sub", [x, byChannel(mean)]);
  calls.into(variance, "mul", [sumOf(calls.make(x.shape, "mul", [centered, centered])), share]);
  const invStd = invStdOf(calls, variance, attrs);
  calls.into(y, "scaleShift", [centered, calls.make(weight.shape, "mul", [weight, invStd]), bias]);
}

/** dbias = Σ dy, dweight = Σ dy · (x − mean) / σ, dx = (dy − dbias / m − (x − mean) · dweight / (σ m)) · weight / σ. */
export function batchNormTrainGrad(calls: Calls, { inputs, outputs, attrs }: OpCall): void {
  const [x, weight, mean, variance, dy] = inputs as [GpuOperand, GpuOperand, GpuOperand, GpuOperand, GpuOperand];
  const [dx, dweight, dbias] = outputs as [GpuOperand, GpuOperand, GpuOperand];
  const share = calls.number(-(x.shape[1] as number) / product(x.shape));
  const { sumOf, byChannel } = channelsOf(calls, x);
  const perChannel = (op: string, a: GpuOperand, b: GpuOperand) => calls.make(weight.shape, op, [a, b]);
  const invStd = invStdOf(calls, variance, attrs);
  const centered = calls.make(x.shape, "sub", [x, byChannel(mean)]);
  sumOf(dy, dbias);
  calls.into(dweight, "mul", [sumOf(calls.make(x.shape, "mul", [dy, centered])), invStd]);
  const slope = perChannel("mul", perChannel("mul", dweight, invStd), share);
  const rest = calls.make(x.shape, "scaleShift", [centered, slope, perChannel("mul", dbias, share)]);
  const scale = perChannel("mul", weight, invStd);
  calls.into(dx, "mul", [calls.make(x.shape, "add", [dy, rest]), byChannel(scale)]);
}

const invStdOf = (calls: Calls, variance: GpuOperand, attrs: unknown): GpuOperand =>
  calls.make(variance.shape, "rsqrt", [
    calls.make(variance.shape, "add", [variance, calls.number((attrs as { readonly eps: number }).eps)]),
  ]);

/** Sums over all axes of x but channels, and what goes by channel in a shape that x's is broadcast with. */
function channelsOf(calls: Calls, { shape }: GpuOperand) {
  const axes = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const channels = shape.map((size, axis) => (axis === 1 ? size : 1));
  return {
    sumOf: (x: GpuOperand, y: GpuOperand = calls.temporary([shape[1] as number], "f32")) =>
      calls.into(y, "sum", [x], { axes, keepDims: false }),
    byChannel: (x: GpuOperand): GpuOperand => ({ ...x, shape: channels }),
  };
}

/** eˣ⁻ᵐᵃˣ ÷ its sum along axis 0. */
export function softmax(calls: Calls, call: OpCall): void {
  const { exps, total } = shiftedBy(calls, call);
  calls.into(call.outputs[0] as GpuOperand, "div", [exps, total]);
}

/** x − max − log of the sum along axis 0. */
export function logSoftmax(calls: Calls, call: OpCall): void {
  const { shifted, total } = shiftedBy(calls, call);
  calls.into(call.outputs[0] as GpuOperand, "sub", [shifted, calls.make(total.shape, "log", [total])]);
}

/** x − max, its exponentials, and their sum along axis 0. */
function shiftedBy(calls: Calls, { inputs }: OpCall) {
  const x = inputs[0] as GpuOperand;
  const one = [1, ...x.shape.slice(1)];
  const attrs = { axes: [0], keepDims: true };
  const shifted = calls.make(x.shape, "sub", [x, calls.make(one, "amax", [x], attrs)]);
  const exps = calls.make(x.shape, "exp", [shifted]);
  return { shifted, exps, total: calls.make(one, "sum", [exps], attrs) };
}
