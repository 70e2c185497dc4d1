import type { FusedActivation, FusedTable, HalfDType, Shape, TensorSpec } from "@vertebra/core";
import type { Subject } from "../case-run";
import { type Argument, argumentsOf, opOf } from "../case-values";
import { normal } from "../cases/inputs";
import { productCases } from "../cases/products";
import { halved } from "../half";
import { boundsOf } from "../noisy";
import { channelOf } from "../reference/kernels/batchNormTrain";
import { MEANINGS } from "../reference/kernels/index";
import type { Values } from "../reference/values";
import type { Bound, Precision } from "../tolerance";
import { ACTIVATIONS, activated, type Finished } from "./activated";
import { fusedSubject } from "./subject";

/** Arguments that may have 16 bits. */
const MAPS = [0, 1, 4];

type FusedAttrs = FusedTable["conv2dFused"];

/** Every convolution of the op's cases, with each activation in turn, and every other one with a residual. */
export function convSubjects(precision: Precision, half?: HalfDType): Subject[] {
  const activations = Object.keys(ACTIVATIONS) as FusedActivation[];
  return productCases.conv2d.cases.map(({ name, inputs, attrs }, i) => {
    const activation = activations[i % activations.length] as FusedActivation;
    return convSubject(
      `${name}, ${activation}${i % 2 ? ", residual" : ""}`,
      inputs.slice(0, 2).map(({ shape }) => shape),
      { ...attrs, activation },
      i % 2 === 1,
      precision,
      half,
    );
  });
}

function convSubject(
  name: string,
  [x, weight]: readonly Shape[],
  attrs: FusedAttrs,
  hasResidual: boolean,
  precision: Precision,
  half: HalfDType | undefined,
): Subject {
  const specs = [x, weight].map((shape): TensorSpec => ({ shape: shape ?? [], dtype: "f64" }));
  const output = opOf("conv2d").infer(specs, attrs)[0] as TensorSpec;
  const perChannel = [output.shape[1] as number];
  const shapes = [x ?? [], weight ?? [], perChannel, perChannel, ...(hasResidual ? [output.shape] : [])];
  // Any op's name will do: arguments are drawn by it and the case's.
  const drawn = argumentsOf("conv2d", { name: `fused ${name}`, attrs, inputs: shapes.map((shape) => normal(shape)) });
  const arguments_ = half ? halved(drawn, MAPS, half) : drawn;
  return fusedSubject("conv2dFused", {
    name,
    arguments_,
    attrs,
    expected: composition(arguments_, output.shape, attrs, precision),
    reason: "the convolution's bound times scale, three roundings and the activation",
    precision,
    half,
  });
}

function composition(arguments_: readonly Argument[], shape: Shape, attrs: FusedAttrs, precision: Precision): Finished {
  const [x, weight, ...others] = arguments_.map(({ values }) => values) as [Values, Values, ...Values[]];
  const call = { attrs, shapes: [shape], shape };
  const convolved = MEANINGS.conv2d(call, x, weight)[0] as Values;
  const ofConvolution = boundsOf(
    "conv2d",
    { inputs: [x, weight], results: [convolved], attrs, shapes: [shape] },
    precision,
  )[0] as Bound;
  return finishConvolution(convolved, ofConvolution, others, attrs.activation, precision);
}

/** activation(convolved · scale + shift + residual), and how far off it may be. */
export function finishConvolution(
  convolved: Values,
  ofConvolution: Bound,
  [scale, shift, residual]: readonly Values[],
  activation: FusedActivation,
  precision: Precision,
): Finished {
  const channel = channelOf(convolved);
  const ulp = 2 * precision.rounding;
  const max = new Float64Array(convolved.data.length);
  const sums = convolved.map((value, i) => {
    const [s, t, r] = [scale?.at(channel(i)) ?? 1, shift?.at(channel(i)) ?? 0, residual?.at(i) ?? 0];
    max[i] = (ofConvolution.max[i] as number) * Math.abs(s) + ulp * 3 * (Math.abs(value * s) + Math.abs(t) + Math.abs(r));
    return value * s + t + r;
  });
  return activated(sums, { max }, activation, precision);
}
