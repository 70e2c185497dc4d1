import { applyFused, wantsGrad } from "../apply";
import { ones, zeros } from "../functional/creation";
import { isFusionOn } from "../fusion";
import { add, mul } from "../ops/binary";
import { conv2dOp } from "../ops/conv2d";
import type { FusedActivation } from "../ops/index";
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

const ACTIVATIONS: ReadonlyMap<unknown, FusedActivation> = new Map<unknown, FusedActivation>([
  [ReLU, "relu"],
  [ReLU6, "relu6"],
  [SiLU, "silu"],
]);

/**
 * Runs a convolution at `steps[from]` with what follows it as one kernel; undefined where there is no convolution, nothing to
 * join it with, or no such kernel. Only these very classes: a subclass may do something else.
 */
export function fuseSteps(x: Tensor, steps: readonly Step[], from: number): FusedSteps | undefined {
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
  if (!canFuse(x, conv, norm) || (plus && wantsGrad([plus.value]))) return undefined;
  const output = asLayer(conv, () => fuse(x, { conv, norm, plus, activation: activation ?? "none" }));
  return { output, steps: next - from };
}

function isExactly<T>(value: unknown, type: new (...args: never[]) => T): value is T {
  return typeof value === "object" && value?.constructor === type;
}

function canFuse(x: Tensor, conv: Conv2d, norm: BatchNorm2d | undefined): boolean {
  if (!isFusionOn() || !x.device.fused.conv2dFused || !conv.padsByConstant) return false;
  if (norm && (norm.isTraining || !norm.running_mean)) return false;
  const inputs = [x, conv.weight, conv.bias, norm?.weight, norm?.bias];
  return !wantsGrad(inputs.filter((input): input is Tensor => input != null));
}

function fuse(x: Tensor, { conv, norm, plus, activation }: FusableConv): Tensor {
  return scoped(() => {
    const output = conv2dOp.infer([x, conv.weight], conv.attrs)[0] as TensorSpec;
    plus?.requireSame(output);
    const { scale, shift } = foldConv(conv, norm);
    const inputs = [x, conv.weight, scale, shift, ...(plus ? [plus.value] : [])];
    const macs = conv2dOp.macs?.([x, conv.weight], [output], conv.attrs) ?? 0;
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
