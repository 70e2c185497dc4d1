import {
  abs,
  add,
  amax,
  amin,
  argmax,
  bceWithLogits,
  clamp,
  crossEntropy,
  div,
  elu,
  equal,
  erf,
  exp,
  floor,
  gelu,
  geluTanh,
  greater,
  greaterEqual,
  hardsigmoid,
  hardswish,
  leakyRelu,
  less,
  lessEqual,
  log,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mish,
  mseLoss,
  mul,
  neg,
  nllLoss,
  norm,
  notEqual,
  pow,
  prod,
  relu,
  relu6,
  reshape,
  rsqrt,
  sigmoid,
  sign,
  silu,
  softmax,
  softplus,
  sqrt,
  std,
  sub,
  sum,
  type Tensor,
  tanh,
  toDtype,
  topK,
  type VarianceOptions,
  variance,
} from "@vertebra/core";
import type { Attrs } from "./attrs";
import type { Inputs } from "./inputs";
import type { GoldenOp } from "./ops-types";

type Operand = Tensor | number;

/** An op of one tensor whose attributes `read` turns into options. */
const unary =
  <T>(fn: (x: Tensor, options: T) => Tensor, read: (attrs: Attrs) => T): GoldenOp =>
  (attrs, inputs) => {
    const options = read(attrs.ignore("inplace"));
    const x = inputs.take("x", "input", "a");
    return () => fn(x, options);
  };
const plain = (fn: (x: Tensor) => Tensor): GoldenOp => unary(fn, () => undefined);

/** The second argument of a binary op: a tensor, or a number among the attributes. */
const other = (attrs: Attrs, inputs: Inputs): Operand =>
  inputs.optional("b", "other", "exponent", "y") ?? (attrs.has(...OTHER) ? attrs.number(OTHER) : inputs.take("b"));
const OTHER = ["other", "exponent", "value", "scalar", "b"];

const binary =
  (fn: (a: Operand, b: Operand) => Tensor): GoldenOp =>
  (attrs, inputs) => {
    const a: Operand = attrs.has("self") ? attrs.number("self") : inputs.take("a", "x", "input", "base");
    const b = other(attrs, inputs);
    return () => fn(a, b);
  };

/** a ± alpha · b */
const scaled =
  (fn: (a: Operand, b: Operand) => Tensor): GoldenOp =>
  (attrs, inputs, context) => {
    const alpha = attrs.number("alpha", 1);
    return binary((a, b) => fn(a, alpha === 1 ? b : mul(b, alpha)))(attrs, inputs, context);
  };

const quotient: GoldenOp = (attrs, inputs, context) => {
  const round = attrs.choice("rounding_mode", { floor }, (x: Tensor) => x);
  return binary((a, b) => round(div(a, b)))(attrs, inputs, context);
};

const reduceOptions = (attrs: Attrs) => {
  const axes = attrs.only("dtype").axes();
  return { ...(axes && { axes }), keepDims: attrs.keepDims() };
};
const reduction = (fn: (x: Tensor, options: ReturnType<typeof reduceOptions>) => Tensor): GoldenOp => unary(fn, reduceOptions);

const varianceOptions = (attrs: Attrs): VarianceOptions => {
  const unbiased = attrs.boolean("unbiased", true);
  return { ...reduceOptions(attrs), correction: attrs.number("correction", unbiased ? 1 : 0) };
};

/** The order of a norm: a number, "fro" (2) or "inf". */
function orderOf(attrs: Attrs): number {
  const name = attrs.has("p") ? "p" : "ord";
  const value = attrs.raw(name);
  if (value === undefined || value === "fro") return 2;
  if (value === "inf" || value === "-inf") return Number(value.replace("inf", "Infinity"));
  return attrs.number(name);
}

/** torch.max: over all (or over a list of axes, as amax), along an axis with indices, or of two tensors. */
const extreme =
  (
    whole: (x: Tensor, options?: ReturnType<typeof reduceOptions>) => Tensor,
    along: (x: Tensor, axis: number, options: { keepDims: boolean }) => { values: Tensor; indices: Tensor },
    ofTwo: (a: Operand, b: Operand) => Tensor,
  ): GoldenOp =>
  (attrs, inputs, { outputs }) => {
    const x = inputs.take("x", "input", "a");
    const b = inputs.optional("b", "other");
    if (b) return () => ofTwo(x, b);
    if (!attrs.has("dim", "axis")) {
      attrs.ignore("dim", "axis", "keepdim");
      return () => whole(x);
    }
    if (Array.isArray(attrs.values.dim) && !outputs.has("indices")) {
      const options = reduceOptions(attrs);
      return () => whole(x, options);
    }
    const [axis, keepDims] = [attrs.axis(), attrs.keepDims()];
    return () => {
      const { values, indices } = along(x, axis, { keepDims });
      return { y: values, values, indices };
    };
  };

const arg =
  (direction: (x: Tensor) => Tensor): GoldenOp =>
  (attrs, inputs) => {
    const x = inputs.take("x", "input");
    const axis = attrs.has("dim", "axis") ? attrs.axis() : undefined;
    const keepDims = attrs.ignore("dim", "axis").keepDims();
    return () => {
      const found = argmax(direction(x), axis === undefined ? {} : { axis, keepDims });
      return axis === undefined && keepDims
        ? reshape(
            found,
            x.shape.map(() => 1),
          )
        : found;
    };
  };

const topk: GoldenOp = (attrs, inputs) => {
  const k = attrs.only("sorted", true).number("k");
  const options = { axis: attrs.axis(-1), largest: attrs.boolean("largest", true) };
  const x = inputs.take("x", "input");
  return () => {
    const { values, indices } = topK(x, k, options);
    return { y: values, values, indices };
  };
};

const clampOp: GoldenOp = (attrs, inputs) => {
  const low = inputs.optional("min");
  const high = inputs.optional("max");
  const bounds = {
    ...(attrs.has(...LOW) && { min: attrs.number(LOW) }),
    ...(attrs.has(...HIGH) && { max: attrs.number(HIGH) }),
  };
  const x = inputs.take("x", "input");
  return () => {
    const raised = low ? maximum(x, low) : x;
    const bounded = high ? minimum(raised, high) : raised;
    return bounded === x || Object.keys(bounds).length > 0 ? clamp(bounded, bounds) : bounded;
  };
};
const LOW = ["min", "min_val"];
const HIGH = ["max", "max_val"];

/** Losses have PyTorch's old names for the reduction too. */
const lossOptions = (attrs: Attrs) => ({
  reduction: attrs
    .only("size_average")
    .only("reduce")
    .choice("reduction", { mean: "mean", sum: "sum", none: "none" } as const, "mean"),
});
const indexLossOptions = (attrs: Attrs, inputs: Inputs) => ({
  ...lossOptions(attrs),
  ignoreIndex: attrs.number("ignore_index", -100),
  weight: inputs.optional("weight", "w") ?? null,
});
const target = (inputs: Inputs): Tensor => inputs.take("target", "t", "labels", "y");

const product =
  (attrsOf: (attrs: Attrs) => { transA?: boolean; transB?: boolean }): GoldenOp =>
  (attrs, inputs) => {
    const options = attrsOf(attrs);
    const [a, b] = [inputs.take("a", "x", "input"), inputs.take("b", "other", "mat2", "y", "w")];
    return () => multiply(a, b, options);
  };

/** torch.matmul also takes vectors: a row on the left, a column on the right, and the axis goes again. */
function multiply(a: Tensor, b: Tensor, options: { transA?: boolean; transB?: boolean }): Tensor {
  const left = a.shape.length === 1 ? reshape(a, [1, a.elements]) : a;
  const right = b.shape.length === 1 ? reshape(b, [b.elements, 1]) : b;
  const y = matmul(left, right, options);
  const rank = y.shape.length;
  return reshape(
    y,
    y.shape.filter((_, axis) => !(axis === rank - 2 && a.shape.length === 1) && !(axis === rank - 1 && b.shape.length === 1)),
  );
}

/** A softmax without dim has a deprecated default that depends on the rank: we lack that. */
const softmaxAxis = (attrs: Attrs): number => attrs.only("dtype").ignore("_stacklevel").axis();

export const mathOps = {
  abs: plain(abs),
  neg: plain(neg),
  sign: plain(sign),
  floor: plain(floor),
  exp: plain(exp),
  log: plain(log),
  sqrt: plain(sqrt),
  rsqrt: plain(rsqrt),
  square: plain((x) => mul(x, x)),
  reciprocal: plain((x) => div(1, x)),
  erf: plain(erf),
  tanh: plain(tanh),
  sigmoid: plain(sigmoid),
  relu: plain(relu),
  relu6: plain(relu6),
  silu: plain(silu),
  mish: plain(mish),
  hardsigmoid: plain(hardsigmoid),
  hardswish: plain(hardswish),
  gelu_tanh: unary(geluTanh, (attrs) => void attrs.only("approximate", "tanh")),
  gelu: (attrs, inputs, context) =>
    plain(attrs.choice("approximate", { none: gelu, tanh: geluTanh }, gelu))(attrs, inputs, context),
  leaky_relu: unary(leakyRelu, (attrs) => ({ negativeSlope: attrs.number(["negative_slope", "slope"], 0.01) })),
  elu: unary(elu, (attrs) => ({ alpha: attrs.number("alpha", 1) })),
  softplus: unary(softplus, (attrs) => ({ beta: attrs.number("beta", 1), threshold: attrs.number("threshold", 20) })),
  softmax: unary(softmax, softmaxAxis),
  log_softmax: unary(logSoftmax, softmaxAxis),
  clamp: clampOp,
  hardtanh: (attrs, inputs, context) => clampOp(attrs.ignore("inplace"), inputs, context),
  add: scaled(add),
  sub: scaled(sub),
  mul: binary(mul),
  div: quotient,
  pow: binary(pow),
  maximum: binary(maximum),
  minimum: binary(minimum),
  eq: binary(equal),
  ne: binary(notEqual),
  gt: binary(greater),
  ge: binary(greaterEqual),
  lt: binary(less),
  le: binary(lessEqual),
  max: extreme(amax, max, maximum),
  min: extreme(amin, min, minimum),
  argmax: arg((x) => x),
  argmin: arg(neg),
  topk,
  sum: reduction(sum),
  mean: reduction(mean),
  prod: reduction(prod),
  amax: reduction(amax),
  amin: reduction(amin),
  logsumexp: reduction(logSumExp),
  var: unary(variance, varianceOptions),
  std: unary(std, varianceOptions),
  norm: unary(norm, (attrs) => ({ ...reduceOptions(attrs), p: orderOf(attrs) })),
  matmul: product(() => ({})),
  mm: product(() => ({})),
  bmm: product(() => ({})),
  cross_entropy: (attrs, inputs) => {
    const options = { ...indexLossOptions(attrs, inputs), labelSmoothing: attrs.number("label_smoothing", 0) };
    const [x, t] = [inputs.take("x", "input", "logits"), target(inputs)];
    return () => crossEntropy(x, t, options);
  },
  nll_loss: (attrs, inputs) => {
    const options = indexLossOptions(attrs, inputs);
    const [x, t] = [inputs.take("x", "input", "log_probs"), target(inputs)];
    return () => nllLoss(x, t, options);
  },
  mse_loss: (attrs, inputs) => {
    const options = lossOptions(attrs);
    const [x, t] = [inputs.take("x", "input", "a"), target(inputs)];
    return () => mseLoss(x, t, options);
  },
  binary_cross_entropy_with_logits: (attrs, inputs) => {
    const weights = { weight: inputs.optional("weight") ?? null, posWeight: inputs.optional("pos_weight") ?? null };
    const options = { ...lossOptions(attrs), ...weights };
    const [x, t] = [inputs.take("x", "input", "logits"), target(inputs)];
    return () => bceWithLogits(x, t.dtype === x.dtype ? t : toDtype(t, x.dtype), options);
  },
} satisfies Record<string, GoldenOp>;
