import { type Device, DTYPES, type DType, DTypeError, type HalfDType, type OpName } from "@vertebra/core";
import type { Subject } from "./case-run";
import { type Argument, opOf, resultSpecs } from "./case-values";
import { CASES } from "./cases/index";
import type { Cases } from "./cases/types";
import { evaluateOn } from "./evaluate";
import { evaluateMeaning, isExact, type Reference, roundTo } from "./expectation";
import { boundsOf } from "./noisy";
import type { Values } from "./reference/values";
import { type Bound, PRECISIONS, type Precision } from "./tolerance";

/** Of results in 16 bits: one rounding may go either way, and numbers below the smallest normal one may be flushed to 0. */
export const HALF_PRECISIONS: { readonly [D in HalfDType]: Precision } = {
  f16: { rounding: DTYPES.f16.eps / 2, smallest: 2 ** -14, largest: 65504, block: PRECISIONS.f32.block },
  bf16: { rounding: DTYPES.bf16.eps / 2, smallest: 2 ** -126, largest: 3.3895313892515355e38, block: PRECISIONS.f32.block },
};

export const HALVES = Object.keys(HALF_PRECISIONS) as readonly HalfDType[];

/** Arguments that have 16 bits where the others, which go by channel, have more. Of other ops all have. */
const MAPS: { readonly [K in OpName]?: readonly number[] } = {
  batchNormTrain: [0],
  batchNormTrainGrad: [0, 4],
  conv2d: [0, 1],
  scaleShift: [0],
};

/** The arguments with the floats at `maps` rounded to 16 bits. */
export const halved = (arguments_: readonly Argument[], maps: readonly number[] | undefined, dtype: HalfDType): Argument[] =>
  arguments_.map((argument, i) =>
    argument.dtype !== "float" || maps?.includes(i) === false ? argument : { dtype, values: roundTo(argument.values, dtype) },
  );

/** The bound of a result that is made in f32 and then rounded to 16 bits. */
export function halfBound(result: Values, { max }: Bound, dtype: HalfDType): Bound {
  const { rounding, smallest } = HALF_PRECISIONS[dtype];
  return { max: max.map((error, i) => error + Math.max(2 * rounding * Math.abs(result.at(i)), smallest)) };
}

/**
 * A case with its floats in 16 bits, for devices that compute so: values, the same bits again and memory; gradients are other ops.
 * Undefined where the op isn't for 16 bits, or a result is past what they can hold.
 */
export function halfSubject({ op, one, arguments: given }: Reference, dtype: HalfDType, device: Device): Subject | undefined {
  const arguments_ = halved(given, MAPS[op], dtype);
  const specs = specsOrNone(op, arguments_, one.attrs, device.floatDtype);
  if (!specs || !arguments_.some((argument) => argument.dtype === dtype)) return undefined;
  const inputs = arguments_.map(({ values }) => values);
  const shapes = specs.map(({ shape }) => shape);
  const results = evaluateMeaning(op, one, shapes, inputs);
  const bounds = boundsOf(op, { inputs, results, attrs: one.attrs, shapes }, PRECISIONS[device.floatDtype]);
  const isHalf = specs.map((spec) => spec.dtype === dtype);
  const { largest } = HALF_PRECISIONS[dtype];
  if (results.some(({ data }, i) => isHalf[i] && data.some((value) => Math.abs(value) > largest))) return undefined;
  return {
    op,
    name: `${one.name}, ${dtype}`,
    reason: `${(CASES[op] as Cases<unknown>).tolerance.reason}; then a rounding to ${dtype}`,
    results: results.map((result, i) => (isHalf[i] && isExact(bounds[i]) ? roundTo(result, dtype) : result)),
    bounds: bounds.map((bound, i) => (isHalf[i] && !isExact(bound) ? halfBound(results[i] as Values, bound, dtype) : bound)),
    grads: [],
    gradientBounds: [],
    precision: PRECISIONS[device.floatDtype],
    evaluate: (on) => evaluateOn(on, op, arguments_, one.attrs),
  };
}

function specsOrNone(op: OpName, arguments_: readonly Argument[], attrs: unknown, floatDtype: DType) {
  try {
    return opOf(op).moves ? undefined : resultSpecs(op, arguments_, attrs, floatDtype);
  } catch (error) {
    if (error instanceof DTypeError) return undefined;
    throw error;
  }
}
