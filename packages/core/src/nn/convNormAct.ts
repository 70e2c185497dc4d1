import { applyFused, wantsGrad } from "../apply";
import { formatShape, ShapeError } from "../errors";
import { foldBatchNorm } from "../functional/batchNorm";
import { ones, zeros } from "../functional/creation";
import { isFusionOn } from "../fusion";
import { add, mul } from "../ops/binary";
import { conv2dOp } from "../ops/conv2d";
import type { FusedActivation } from "../ops/index";
import { scoped } from "../scope";
import { isSameShape, type TensorSpec } from "../shape";
import type { Tensor } from "../tensor";
import { ReLU, ReLU6, SiLU } from "./layers/activations";
import type { BatchNorm2d } from "./layers/batch-norm";
import type { Conv2d } from "./layers/conv2d";
import { chain } from "./layers/sequential";
import { asLayer, type Module } from "./module";

/** The layers of one step of a convolutional network; null or left out: none. */
export interface ConvStep {
  readonly conv: Conv2d;
  readonly norm?: BatchNorm2d | null;
  /** Added after the norm, before the activation: the shortcut of a residual block. */
  readonly residual?: Tensor | null;
  readonly activation?: Module | null;
}

/**
 * activation(norm(conv(x)) + residual). At evaluation, where nothing wants a gradient and the device has it, one fused
 * kernel; else the layers one after the other, each result freed once the next is there.
 * @throws ShapeError naming both branches if the residual's shape isn't the convolution's.
 */
export function convNormAct(x: Tensor, { conv, norm, residual, activation }: ConvStep): Tensor {
  const fusable = fusableActivation(activation);
  if (fusable && canFuse(x, conv, norm, residual)) return asLayer(conv, () => fuse(x, conv, norm, residual, fusable));
  const steps = [
    ...(norm ? [norm] : []),
    ...(residual ? [(y: Tensor) => addResidual(y, residual)] : []),
    ...(activation ? [activation] : []),
  ];
  return chain(x, conv, ...steps);
}

/** y + residual of one shape. @throws ShapeError naming both branches. */
export function addResidual(y: Tensor, residual: Tensor): Tensor {
  requireSameBranches(y, residual);
  return add(y, residual);
}

function fuse(
  x: Tensor,
  conv: Conv2d,
  norm: BatchNorm2d | null | undefined,
  residual: Tensor | null | undefined,
  activation: FusedActivation,
): Tensor {
  return scoped(() => {
    const output = conv2dOp.infer([x, conv.weight], conv.attrs)[0] as TensorSpec;
    if (residual) requireSameBranches(output, residual);
    const { scale, shift } = foldConv(conv, norm);
    const inputs = [x, conv.weight, scale, shift, ...(residual ? [residual] : [])];
    const macs = conv2dOp.macs?.([x, conv.weight], [output], conv.attrs) ?? 0;
    return applyFused("conv2dFused", inputs, output, { ...conv.attrs, activation }, macs);
  });
}

/** Convolution bias and norm as one map by channel: (y + bias) · scale + shift. */
function foldConv({ bias, outChannels, weight }: Conv2d, norm: BatchNorm2d | null | undefined): { scale: Tensor; shift: Tensor } {
  if (!norm) return { scale: ones([outChannels], weight), shift: bias ?? zeros([outChannels], weight) };
  const { scale, shift } = foldBatchNorm({
    weight: norm.weight,
    bias: norm.bias,
    runningMean: norm.running_mean as Tensor,
    runningVar: norm.running_var as Tensor,
    eps: norm.eps,
  });
  return { scale, shift: bias ? add(shift, mul(bias, scale)) : shift };
}

function canFuse(x: Tensor, conv: Conv2d, norm: BatchNorm2d | null | undefined, residual: Tensor | null | undefined): boolean {
  if (!isFusionOn() || !x.device.fused.conv2dFused || !conv.padsByConstant) return false;
  if (norm && (norm.isTraining || !norm.running_mean)) return false;
  const inputs = [x, conv.weight, conv.bias, norm?.weight, norm?.bias, residual];
  return !wantsGrad(inputs.filter((input): input is Tensor => input != null));
}

function fusableActivation(activation: Module | null | undefined): FusedActivation | undefined {
  if (!activation) return "none";
  if (activation instanceof ReLU) return "relu";
  if (activation instanceof ReLU6) return "relu6";
  return activation instanceof SiLU ? "silu" : undefined;
}

function requireSameBranches(branch: TensorSpec, shortcut: TensorSpec): void {
  if (isSameShape(branch.shape, shortcut.shape)) return;
  throw new ShapeError("residual", {
    rule: "the block's branch and its shortcut must have one shape",
    got: `branch ${formatShape(branch.shape)} and shortcut ${formatShape(shortcut.shape)}`,
    fix: "Give the block a downsample (1×1 convolution on the shortcut), or keep stride 1 and the channels",
  });
}
