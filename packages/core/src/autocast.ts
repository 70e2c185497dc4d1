import { wantsGrad, withInputRule } from "./apply";
import { DTYPES, type DType, type HalfDType, isHalf } from "./dtype";
import { ArgumentError, AutogradError } from "./errors";
import { derived, dropDerived } from "./nn/derived";
import { roleOf } from "./nn/parameter";
import type { Precision } from "./op";
import { toDtype } from "./ops/toDtype";
import { wideDtype } from "./precision";
import type { Tensor } from "./tensor";

export interface AutocastOptions {
  /** f16 has the finer steps and overflows past 65504, so training needs a `LossScaler`; bf16 has f32's range. */
  readonly dtype: HalfDType;
}

/**
 * Runs the synchronous `fn` with matrix products and convolutions in 16 bits: their arguments but biases are converted, sums are made in f32 and
 * rounded once. Softmax, losses and what else needs the range runs in f32, everything else in the widest dtype of its arguments.
 * Parameters stay f32, and so do their gradients. Backward, to be run outside, takes the dtypes of forward.
 * Source: Micikevicius et al. 2018, "Mixed precision training". @throws ArgumentError for another dtype, AutogradError if `fn` is asynchronous.
 */
export function autocast<T>({ dtype }: AutocastOptions, fn: () => T): T {
  if (!isHalf(dtype)) throw new ArgumentError("autocast", { rule: "dtype must be f16 or bf16", got: `${dtype}` });
  const result = withInputRule((precision, inputs) => castFor(precision, inputs, dtype), fn);
  if (result instanceof Promise) {
    throw new AutogradError("autocast", { rule: "fn must be synchronous", got: "a promise", fix: "Await outside of autocast" });
  }
  return result;
}

function castFor(precision: Precision | undefined, inputs: readonly Tensor[], low: HalfDType): readonly Tensor[] {
  if (precision === "own") return inputs;
  // What is by channel, a bias, goes to the f32 sums as it is.
  if (precision === "low") return inputs.map((input) => (input.shape.length > 1 ? cast(input, low) : input));
  if (precision === "full") return inputs.map((input) => cast(input, wideDtype(input)));
  const floats = inputs.filter(isFloat);
  const [first] = floats;
  if (!first || floats.every(({ dtype }) => dtype === first.dtype)) return inputs;
  const widest = floats.find(({ dtype }) => !isHalf(dtype)) ?? first;
  return inputs.map((input) => cast(input, wideDtype(widest)));
}

const isFloat = ({ dtype }: Tensor): boolean => DTYPES[dtype].isFloat;

function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype || !isFloat(x)) return x;
  return roleOf(x) === "parameter" && !wantsGrad([x]) ? keptCast(x, dtype) : toDtype(x, dtype);
}

/** Of a parameter at evaluation: converted once, until it is overwritten. */
function keptCast(parameter: Tensor, dtype: DType): Tensor {
  const make = () => derived(parameter, [parameter], () => [toDtype(parameter, dtype)] as const)[0];
  const kept = make();
  if (kept.dtype === dtype) return kept;
  dropDerived(parameter);
  return make();
}
