import { apply1 } from "../apply";
import { ArgumentError } from "../errors";
import type { Tensor } from "../tensor";
import * as fusedGrads from "./activation-grads";
import { add, div, greater, less, lessEqual, mul, sub } from "./binary";
import { type ElementwiseOp, type Params, unaryOp, where } from "./elementwise";

const NONE: Params = {};
/** 2 / √π and 1 / √(2π): derivatives of erf and of the normal distribution. */
const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** Rows of one argument. Activations have a one-pass gradient in `activation-grads`, used unless it is being recorded itself. */
export const unaryOps = {
  neg: unaryOp("neg", { takesIntegers: true, saves: null, grad: ({ dy }) => neg(dy) }),
  abs: unaryOp("abs", { takesIntegers: true, saves: "x", grad: ({ dy, x }) => mul(dy, sign(x)) }),
  sign: unaryOp("sign", { takesIntegers: true, saves: null, grad: null }),
  floor: unaryOp("floor", { saves: null, grad: null }),
  exp: unaryOp("exp", { precision: "full", saves: "y", grad: ({ dy, y }) => mul(dy, y) }),
  log: unaryOp("log", { precision: "full", saves: "x", grad: ({ dy, x }) => div(dy, x) }),
  sqrt: unaryOp("sqrt", { saves: "y", grad: ({ dy, y }) => div(mul(dy, 0.5), y) }),
  rsqrt: unaryOp("rsqrt", { precision: "full", saves: "y", grad: ({ dy, y }) => mul(mul(dy, -0.5), mul(y, mul(y, y))) }),
  erf: unaryOp("erf", { saves: "x", grad: ({ dy, x }) => mul(dy, mul(exp(neg(mul(x, x))), TWO_OVER_SQRT_PI)) }),
  tanh: unaryOp("tanh", {
    saves: "y",
    grad: ({ dy, y, isRecorded }) => (isRecorded ? mul(dy, sub(1, mul(y, y))) : fusedGrads.tanhGrad(y, dy)),
  }),
  sigmoid: unaryOp("sigmoid", {
    saves: "y",
    grad: ({ dy, y, isRecorded }) => (isRecorded ? mul(dy, mul(y, sub(1, y))) : fusedGrads.sigmoidGrad(y, dy)),
  }),
  relu: unaryOp("relu", {
    saves: "y",
    grad: ({ dy, y, isRecorded }) => (isRecorded ? where(lessEqual(y, 0), 0, dy) : fusedGrads.reluGrad(y, dy)),
  }),
  relu6: unaryOp("relu6", {
    saves: "x",
    grad: ({ dy, x, isRecorded }) => (isRecorded ? insideGrad(dy, x, 0, 6) : fusedGrads.relu6Grad(x, dy)),
  }),
  leakyRelu: unaryOp("leakyRelu", {
    params: ["negativeSlope"],
    saves: "x",
    grad: ({ dy, x, params, isRecorded }) =>
      isRecorded ? where(greater(x, 0), dy, mul(dy, slope(params))) : fusedGrads.leakyReluGrad(x, dy, slope(params)),
  }),
  elu: unaryOp("elu", {
    params: ["alpha"],
    saves: "x",
    grad: ({ dy, x, params, isRecorded }) =>
      isRecorded ? where(greater(x, 0), dy, mul(dy, mul(exp(x), alpha(params)))) : fusedGrads.eluGrad(x, dy, alpha(params)),
  }),
  softplus: unaryOp("softplus", {
    precision: "full",
    params: ["beta", "threshold"],
    saves: "x",
    grad: ({ dy, x, params, isRecorded }) => {
      const { beta = 1, threshold = 20 } = params;
      if (!isRecorded) return fusedGrads.softplusGrad(x, dy, beta, threshold);
      return where(greater(mul(x, beta), threshold), dy, mul(dy, sigmoid(mul(x, beta))));
    },
  }),
  silu: unaryOp("silu", {
    saves: "x",
    grad: ({ dy, x, isRecorded }) => {
      if (!isRecorded) return fusedGrads.siluGrad(x, dy);
      const s = sigmoid(x);
      return mul(dy, mul(s, add(1, mul(x, sub(1, s)))));
    },
  }),
  mish: unaryOp("mish", {
    saves: "x",
    grad: ({ dy, x, isRecorded }) => {
      if (!isRecorded) return fusedGrads.mishGrad(x, dy);
      const t = tanh(softplus(x));
      return mul(dy, add(t, mul(x, mul(sigmoid(x), sub(1, mul(t, t))))));
    },
  }),
  gelu: unaryOp("gelu", {
    saves: "x",
    grad: ({ dy, x, isRecorded }) => {
      if (!isRecorded) return fusedGrads.geluGrad(x, dy);
      const cdf = mul(0.5, add(1, erf(mul(x, Math.SQRT1_2))));
      const pdf = mul(exp(mul(-0.5, mul(x, x))), 1 / Math.sqrt(2 * Math.PI));
      return mul(dy, add(cdf, mul(x, pdf)));
    },
  }),
  geluTanh: unaryOp("geluTanh", {
    saves: "x",
    grad: ({ dy, x, isRecorded }) => {
      if (!isRecorded) return fusedGrads.geluTanhGrad(x, dy);
      const scale = Math.sqrt(2 / Math.PI);
      const square = mul(x, x);
      const t = tanh(mul(scale, mul(x, add(1, mul(0.044715, square)))));
      const inner = mul(scale, add(1, mul(3 * 0.044715, square)));
      return mul(dy, mul(0.5, add(add(1, t), mul(x, mul(sub(1, mul(t, t)), inner)))));
    },
  }),
  hardsigmoid: unaryOp("hardsigmoid", {
    saves: "x",
    grad: ({ dy, x, isRecorded }) => (isRecorded ? mul(insideGrad(dy, x, -3, 3), 1 / 6) : fusedGrads.hardsigmoidGrad(x, dy)),
  }),
  hardswish: unaryOp("hardswish", {
    saves: "x",
    grad: ({ dy, x, isRecorded }) => {
      if (!isRecorded) return fusedGrads.hardswishGrad(x, dy);
      const inside = mul(dy, add(mul(x, 1 / 3), 0.5));
      return where(less(x, -3), 0, where(greater(x, 3), dy, inside));
    },
  }),
  clamp: unaryOp("clamp", {
    params: ["min", "max"],
    saves: "x",
    grad: ({ dy, x, params, isRecorded }) => {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = params;
      if (!isRecorded) return fusedGrads.clampGrad(x, dy, min, max);
      return where(less(x, min), 0, where(greater(x, max), 0, dy));
    },
  }),
  /** 1 where x is NaN: the only test that tells NaN from numbers on every device that has it. */
  isNan: { ...unaryOp("isNan", { saves: null, grad: null }), infer: ([x]) => [{ shape: x?.shape ?? [], dtype: "bool" }] },
} satisfies Record<string, ElementwiseOp>;

const slope = (params: Params): number => params.negativeSlope ?? 0.01;
const alpha = (params: Params): number => params.alpha ?? 1;
/** dy where lo < x < hi, else 0. */
const insideGrad = (dy: Tensor, x: Tensor, lo: number, hi: number): Tensor => where(greater(x, lo), where(less(x, hi), dy, 0), 0);

/** −x */
export const neg = (x: Tensor): Tensor => apply1(unaryOps.neg, [x], NONE);
/** |x| */
export const abs = (x: Tensor): Tensor => apply1(unaryOps.abs, [x], NONE);
/** −1, 0 or 1; NaN stays NaN. */
export const sign = (x: Tensor): Tensor => apply1(unaryOps.sign, [x], NONE);
/** Largest integer ≤ x. */
export const floor = (x: Tensor): Tensor => apply1(unaryOps.floor, [x], NONE);
/** eˣ */
export const exp = (x: Tensor): Tensor => apply1(unaryOps.exp, [x], NONE);
/** Natural logarithm; −∞ at 0, NaN below. */
export const log = (x: Tensor): Tensor => apply1(unaryOps.log, [x], NONE);
/** √x */
export const sqrt = (x: Tensor): Tensor => apply1(unaryOps.sqrt, [x], NONE);
/** 1 / √x */
export const rsqrt = (x: Tensor): Tensor => apply1(unaryOps.rsqrt, [x], NONE);
/** Error function 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf = (x: Tensor): Tensor => apply1(unaryOps.erf, [x], NONE);
/** Hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => apply1(unaryOps.tanh, [x], NONE);
/** 1 / (1 + e⁻ˣ) */
export const sigmoid = (x: Tensor): Tensor => apply1(unaryOps.sigmoid, [x], NONE);
/** max(x, 0); NaN stays NaN. */
export const relu = (x: Tensor): Tensor => apply1(unaryOps.relu, [x], NONE);
/** min(max(x, 0), 6) */
export const relu6 = (x: Tensor): Tensor => apply1(unaryOps.relu6, [x], NONE);
/** x for x > 0, else negativeSlope · x. */
export const leakyRelu = (x: Tensor, { negativeSlope = 0.01 } = {}): Tensor => apply1(unaryOps.leakyRelu, [x], { negativeSlope });
/** x for x > 0, else alpha · (eˣ − 1). */
export const elu = (x: Tensor, { alpha = 1 } = {}): Tensor => apply1(unaryOps.elu, [x], { alpha });
/** log(1 + e^(beta·x)) / beta; x itself where beta · x > threshold. */
export const softplus = (x: Tensor, { beta = 1, threshold = 20 } = {}): Tensor =>
  apply1(unaryOps.softplus, [x], { beta, threshold });
/** x · sigmoid(x) (swish). */
export const silu = (x: Tensor): Tensor => apply1(unaryOps.silu, [x], NONE);
/** x · tanh(softplus(x)) */
export const mish = (x: Tensor): Tensor => apply1(unaryOps.mish, [x], NONE);
/** x · Φ(x), by the error function. */
export const gelu = (x: Tensor): Tensor => apply1(unaryOps.gelu, [x], NONE);
/** GELU's tanh approximation: x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³))). */
export const geluTanh = (x: Tensor): Tensor => apply1(unaryOps.geluTanh, [x], NONE);
/** clamp(x / 6 + 1/2, 0, 1) */
export const hardsigmoid = (x: Tensor): Tensor => apply1(unaryOps.hardsigmoid, [x], NONE);
/** x · hardsigmoid(x) */
export const hardswish = (x: Tensor): Tensor => apply1(unaryOps.hardswish, [x], NONE);
/**
 * min(max(x, min), max); NaN stays NaN. The gradient passes at the bounds themselves, as in PyTorch.
 * @throws ArgumentError without a bound.
 */
export function clamp(x: Tensor, { min, max }: { readonly min?: number; readonly max?: number }): Tensor {
  if (min === undefined && max === undefined)
    throw new ArgumentError("clamp", { rule: "min, max or both must be given", got: "neither" });
  return apply1(unaryOps.clamp, [x], { min: min ?? Number.NEGATIVE_INFINITY, max: max ?? Number.POSITIVE_INFINITY });
}
/** True where x is NaN. */
export const isNan = (x: Tensor): Tensor => apply1(unaryOps.isNan, [x], NONE);
