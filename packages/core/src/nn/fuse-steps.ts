import { applyFused, ruledInputs, wantsGrad } from "../apply";
import { ones, zeros } from "../functional/creation";
import { isFusionOn } from "../fusion";
import { add, mul } from "../ops/binary";
import { conv2dOp } from "../ops/conv2d";
import type { FusedActivation, FusedTable } from "../ops/index";
import { scaleShiftOp } from "../ops/scaleShift";
import { scoped } from "../scope";
import type { TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import type { Step } from "./chain";
import { derived } from "./derived";
import { ReLU, ReLU6, SiLU } from "./layers/activations";
import { BatchNorm2d } from "./layers/batch-norm";
import { Conv2d } from "./layers/conv2d";
import { asLayer } from "./module";
import { Plus } from "./plus";

/** What one kernel computes: activation(norm(conv(x)) + residual). */
interface FusableConv {
  readonly conv: Conv2d;
  readonly norm: BatchNorm2d | undefined;
  readonly plus: Plus | undefined;
  readonly activation: FusedActivation;
}

/** The kernel's result and how many of the steps it stands for. */
interface FusedSteps {
  readonly output: Tensor;
  readonly steps: number;
}

type Activation = FusedTable["scaleShiftFused"]["activation"];

const ACTIVATIONS: ReadonlyMap<unknown, Activation> = new Map<unknown, Activation>([
  [ReLU, "relu"],
  [ReLU6, "relu6"],
  [SiLU, "silu"],
]);

/**
 * Runs a convolution or a norm at `steps[from]` with what follows it as one kernel; undefined where there is neither, nothing to
 * join it with, or no such kernel. Only these very classes: a subclass may do something else.
 */
export function fuseSteps(x: Tensor, steps: readonly Step[], from: number): FusedSteps | undefined {
  return isFusionOn() ? (fuseConv(x, steps, from) ?? fuseNorm(x, steps, from)) : undefined;
}

/** A convolution with the norm, the sum and the activation behind it, or any of them. */
function fuseConv(x: Tensor, steps: readonly Step[], from: number): FusedSteps | undefined {
  const conv = steps[from];
  if (!isExactly(conv, Conv2d)) return undefined;
  let next = from + 1;
  const after = steps[next];
  const norm = isExactly(after, BatchNorm2d) ? after : undefined;
  if (norm) next++;
  const sum = steps[next];
  const plus = sum instanceof Plus ? sum : undefined;
  if (plus) next++;
  const activation = ACTIVATIONS.get(steps[next]?.constructor);
  if (activation) next++;
  if (next === from + 1) return undefined;
  if (!canFuseConv(x, conv, norm) || (plus && wantsGrad([plus.value]))) return undefined;
  const output = asLayer(conv, () => runFusedConv(x, { conv, norm, plus, activation: activation ?? "none" }));
  return { output, steps: next - from };
}

/** A norm that no convolution has taken, with the activation behind it. */
function fuseNorm(x: Tensor, steps: readonly Step[], from: number): FusedSteps | undefined {
  const norm = steps[from];
  const activation = ACTIVATIONS.get(steps[from + 1]?.constructor);
  if (!isExactly(norm, BatchNorm2d) || !activation || !x.device.fused.scaleShiftFused) return undefined;
  // Anything but [N, C, H, W] is an error, which the norm finds by itself.
  if (!isConstant(norm) || x.shape.length !== 4 || wantsAnyGrad(x, norm.weight, norm.bias)) return undefined;
  const output = asLayer(norm, () => {
    const { scale, shift } = norm.folded();
    const inputs = [x, scale, shift];
    return applyFused("scaleShiftFused", inputs, scaleShiftOp.infer(inputs, {})[0] as TensorSpec, { activation }, 0);
  });
  return { output, steps: 2 };
}

function isExactly<T>(value: unknown, type: new (...args: never[]) => T): value is T {
  return typeof value === "object" && value?.constructor === type;
}

/** Whether a norm maps every batch alike, as at evaluation. */
const isConstant = (norm: BatchNorm2d): boolean => !norm.isTraining && norm.running_mean !== null;

const wantsAnyGrad = (...inputs: readonly (Tensor | null | undefined)[]): boolean =>
  wantsGrad(inputs.filter((input): input is Tensor => input != null));

function canFuseConv(x: Tensor, conv: Conv2d, norm: BatchNorm2d | undefined): boolean {
  if (!x.device.fused.conv2dFused || !conv.padsByConstant) return false;
  // A norm of other channels is an error, which the norm finds by itself.
  if (norm && (!isConstant(norm) || norm.features !== conv.outChannels)) return false;
  return !wantsAnyGrad(x, conv.weight, conv.bias, norm?.weight, norm?.bias);
}

function runFusedConv(x: Tensor, { conv, norm, plus, activation }: FusableConv): Tensor {
  return scoped(() => {
    const maps = ruledInputs("low", [x, conv.weight, ...(plus ? [plus.value] : [])]);
    const output = conv2dOp.infer(maps.slice(0, 2), conv.attrs)[0] as TensorSpec;
    plus?.requireSame(output);
    const { scale, shift } = foldConv(conv, norm);
    const inputs = [...maps.slice(0, 2), scale, shift, ...maps.slice(2)];
    const macs = conv2dOp.macs?.(maps.slice(0, 2), [output], conv.attrs) ?? 0;
    return applyFused("conv2dFused", inputs, output, { ...conv.attrs, activation }, macs);
  });
}

/** Convolution bias and norm as one map by channel: (y + bias) · scale + shift. Kept while neither changes. */
function foldConv(conv: Conv2d, norm: BatchNorm2d | undefined): { scale: Tensor; shift: Tensor } {
  const { bias, weight, outChannels } = conv;
  if (!norm) {
    // Of the weight only the device and dtype count.
    const [scale, zero] = derived(conv, [weight], () => [ones([outChannels], weight), zeros([outChannels], weight)] as const);
    return { scale, shift: bias ?? zero };
  }
  const folded = norm.folded();
  if (!bias) return folded;
  const [shift] = derived(conv, [bias, folded.scale, folded.shift], () => [
    scoped(() => add(folded.shift, mul(bias, folded.scale))),
  ]);
  return { scale: folded.scale, shift: shift as Tensor };
}
