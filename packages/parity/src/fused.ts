import {
  applyFused,
  type Conv2dAttrs,
  type Device,
  type FusedActivation,
  type FusedTable,
  Scope,
  type Shape,
  type TensorSpec,
} from "@vertebra/core";
import type { Subject } from "./case-run";
import { type Argument, argumentsOf, opOf } from "./case-values";
import { activationBounds } from "./cases/activation-bounds";
import { normal } from "./cases/inputs";
import { productCases } from "./cases/products";
import { type Evaluation, toTensor, toValues } from "./evaluate";
import { boundsOf } from "./noisy";
import { channelOf } from "./reference/kernels/batchNormTrain";
import { MEANINGS } from "./reference/kernels/index";
import type { Values } from "./reference/values";
import { type Bound, PRECISIONS, type Precision } from "./tolerance";

/** Every fused kernel that a device may have. */
export const FUSED_NAMES: readonly (keyof FusedTable)[] = ["conv2dFused"];

/** The fused kernels that a device has, each against the composition that defines it. */
export function fusedSubjects(device: Device): Subject[] {
  const byName: { readonly [K in keyof FusedTable]: () => Subject[] } = {
    conv2dFused: () => convSubjects(PRECISIONS[device.floatDtype]),
  };
  return FUSED_NAMES.flatMap((name) => (device.fused[name] ? byName[name]() : []));
}

type FusedAttrs = FusedTable["conv2dFused"];

const ACTIVATIONS: { readonly [K in FusedActivation]: (x: number) => number } = {
  none: (x) => x,
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  silu: (x) => x / (1 + Math.exp(-x)),
};

/** Every convolution of the op's cases, with each activation in turn, and every other one with a residual. */
function convSubjects(precision: Precision): Subject[] {
  const activations = Object.keys(ACTIVATIONS) as FusedActivation[];
  return productCases.conv2d.cases.map(({ name, inputs, attrs }, i) => {
    const activation = activations[i % activations.length] as FusedActivation;
    return convSubject(
      `${name}, ${activation}${i % 2 ? ", residual" : ""}`,
      inputs.slice(0, 2).map(({ shape }) => shape),
      { ...attrs, activation },
      i % 2 === 1,
      precision,
    );
  });
}

function convSubject(
  name: string,
  [x, weight]: readonly Shape[],
  attrs: FusedAttrs,
  hasResidual: boolean,
  precision: Precision,
): Subject {
  const specs = [x, weight].map((shape): TensorSpec => ({ shape: shape ?? [], dtype: "f64" }));
  const output = opOf("conv2d").infer(specs, attrs)[0] as TensorSpec;
  const perChannel = [output.shape[1] as number];
  const shapes = [x ?? [], weight ?? [], perChannel, perChannel, ...(hasResidual ? [output.shape] : [])];
  // Any op's name will do: arguments are drawn by it and the case's.
  const arguments_ = argumentsOf("conv2d", { name: `fused ${name}`, attrs, inputs: shapes.map((shape) => normal(shape)) });
  const { result, bound } = composition(arguments_, output.shape, attrs, precision);
  const evaluate = (device: Device) => evaluateFused(device, arguments_, output.shape, attrs);
  const reason = "the convolution's bound times scale, three roundings and the activation";
  return {
    op: "conv2dFused",
    name,
    reason,
    results: [result],
    bounds: [bound],
    grads: [],
    gradientBounds: [],
    precision,
    evaluate,
  };
}

/** What the fused kernel stands for, and how far off it may be. */
function composition(
  arguments_: readonly Argument[],
  shape: Shape,
  attrs: FusedAttrs,
  precision: Precision,
): { result: Values; bound: Bound } {
  const [x, weight, ...others] = arguments_.map(({ values }) => values) as [Values, Values, ...Values[]];
  const call = { attrs: attrs as Conv2dAttrs, shapes: [shape], shape };
  const convolved = MEANINGS.conv2d(call, x, weight)[0] as Values;
  const ofConvolution = boundsOf(
    "conv2d",
    { inputs: [x, weight], results: [convolved], attrs, shapes: [shape] },
    precision,
  )[0] as Bound;
  return finishConvolution(convolved, ofConvolution, others, attrs.activation, precision);
}

/** activation(convolved · scale + shift + residual), and how far off it may be. silu's slope is at most 1.1, the others' 1. */
export function finishConvolution(
  convolved: Values,
  ofConvolution: Bound,
  [scale, shift, residual]: readonly Values[],
  activation: FusedActivation,
  precision: Precision,
): { result: Values; bound: Bound } {
  const channel = channelOf(convolved);
  const ulp = 2 * precision.rounding;
  const max = new Float64Array(convolved.data.length);
  const result = convolved.map((value, i) => {
    const [s, t, r] = [scale?.at(channel(i)) ?? 1, shift?.at(channel(i)) ?? 0, residual?.at(i) ?? 0];
    const sum = value * s + t + r;
    const ofSum = (ofConvolution.max[i] as number) * Math.abs(s) + ulp * 3 * (Math.abs(value * s) + Math.abs(t) + Math.abs(r));
    const y = ACTIVATIONS[activation](sum);
    max[i] = activation === "silu" ? 1.1 * ofSum + ulp * activationBounds.silu.error({ a: sum, y, b: 0, params: {} }) : ofSum;
    return y;
  });
  return { result, bound: { max } };
}

async function evaluateFused(
  device: Device,
  arguments_: readonly Argument[],
  shape: Shape,
  attrs: FusedAttrs,
): Promise<Evaluation> {
  const scope = new Scope(undefined);
  try {
    const output = scope.run(() => {
      const inputs = arguments_.map((argument) => toTensor(argument, device));
      return applyFused("conv2dFused", inputs, { shape, dtype: device.floatDtype }, attrs, 0);
    });
    return { bytes: [await output.bytes()], results: [await toValues(output)], grads: [] };
  } finally {
    scope.end();
  }
}
