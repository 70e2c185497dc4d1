import {
  adagrad,
  adam,
  adamW,
  add,
  backward,
  clipGradNorm,
  clipGradValue,
  copyInto,
  type Gradients,
  mul,
  noGrad,
  requireGrad,
  rmsprop,
  sgd,
  sum,
  type Tensor,
  updateEma,
  zerosLike,
} from "@vertebra/core";
import { type Attrs, Lacking } from "./attrs";
import { numberIn } from "./inputs";
import type { GoldenOp, Results } from "./ops-types";

/** Gradients with these values, as a backward pass gives them: those of Σ g · p by p. */
function gradientsOf(grads: readonly Tensor[]): { params: Tensor[]; gradients: Gradients } {
  const params = grads.map((grad) => requireGrad(zerosLike(grad)));
  const total = grads.map((grad, i) => sum(mul(params[i] as Tensor, grad))).reduce((a, b) => add(a, b));
  return { params, gradients: backward(total) };
}

const clipNorm: GoldenOp = (attrs, inputs) => {
  const maxNorm = attrs.ignore("foreach").only("error_if_nonfinite", false).number("max_norm");
  const p = attrs.raw("norm_type") === "inf" ? Number.POSITIVE_INFINITY : attrs.number("norm_type", 2);
  const grads = inputs.all();
  return () => clipped(grads, (gradients) => clipGradNorm(gradients, maxNorm, { p }));
};

const clipValue: GoldenOp = (attrs, inputs) => {
  const value = attrs.ignore("foreach").number("clip_value");
  const grads = inputs.all();
  return () => clipped(grads, (gradients) => void clipGradValue(gradients, value));
};

/** Clipped gradients under their inputs' names and numbers, and the norm before under all that it may be called. */
function clipped(grads: readonly [string, Tensor][], clip: (gradients: Gradients) => Tensor | undefined): Results {
  const { params, gradients } = gradientsOf(grads.map(([, grad]) => grad));
  const norm = clip(gradients);
  const results: Record<string, Tensor> = {};
  for (const [i, [name]] of grads.entries()) {
    const value = gradients.get(params[i] as Tensor) as Tensor;
    results[name] = value;
    results[String(numberIn(name))] ??= value;
    if (grads.length === 1) results.y = value;
  }
  if (norm) for (const name of ["total_norm", "norm", "total"]) results[name] ??= norm;
  return results;
}

/**
 * Moving averages: one update of `average` by `value`; or of each x by its values x.step1, x.step2, … (as optimizer rows have
 * them); or over a sequence x0, x1, …, that starts from its first. The average after each step is a result.
 */
const ema: GoldenOp = (attrs, inputs) => {
  const decay = attrs.ignore("steps").number(["decay", "momentum", "beta"]);
  const single = inputs.optional("average", "ema", "shadow", "avg");
  if (single) {
    const value = inputs.take("value", "x", "param", "model", "new");
    return () => {
      updateEma(single, value, decay);
      return single;
    };
  }
  const values = inputs.all();
  if (!values.some(([name]) => /\d/.test(name))) throw new Lacking("a moving average without steps");
  return () => averages(values, decay);
};

/** `p0.step3`, `x.value2`, `x3`: what is averaged, and the step. */
const STEP = /^(.*?)\.?[a-z_]*?(\d+)$/;

function averages(values: readonly [string, Tensor][], decay: number): Record<string, Tensor> {
  const current = new Map<string, Tensor>();
  const results: Record<string, Tensor> = {};
  const starts = values.filter(([name]) => values.some(([other]) => other.startsWith(`${name}.`)));
  for (const [name, value] of starts) current.set(name, copy(value));
  for (const [name, value] of values.filter((one) => !starts.includes(one))) {
    const dot = name.indexOf(".");
    const base = dot < 0 ? "" : name.slice(0, dot);
    const step = STEP.exec(name)?.[2] ?? "";
    const average = current.get(base);
    if (average) updateEma(average, value, decay);
    const after = copy(average ?? value);
    current.set(base, average ?? copy(value));
    for (const word of ["step", "ema", "average", "avg", ""]) results[`${base}.${word}${step}`] = after;
    results[base === "" ? step : base] = after;
    results.y = after;
  }
  return results;
}

function copy(x: Tensor): Tensor {
  const own = zerosLike(x);
  noGrad(() => copyInto(own, x));
  return own;
}

/** What a row needs of an optimizer. */
interface Stepper {
  step(grads: Pick<Gradients, "get">): void;
  dispose(): void;
}

/** Our optimizer for a class of torch.optim and its arguments. @throws Lacking for a class we don't have. */
export function optimizerOf(attrs: Attrs, params: readonly Tensor[]): Stepper {
  const kind = attrs.string("kind");
  const build = Object.hasOwn(OPTIMIZERS, kind) ? OPTIMIZERS[kind] : undefined;
  if (!build) throw new Lacking(`optimizer ${kind}`);
  attrs.ignore("foreach", "fused").only("capturable", false).only("differentiable", false);
  return build(attrs, params);
}

const common = (attrs: Attrs) => ({ weightDecay: attrs.number("weight_decay", 0), maximize: attrs.boolean("maximize", false) });
const adamOptions = (attrs: Attrs, weightDecay: number) => ({
  lr: attrs.number("lr", 1e-3),
  ...(attrs.has("betas") && { betas: attrs.pair("betas") }),
  eps: attrs.number("eps", 1e-8),
  weightDecay: attrs.number("weight_decay", weightDecay),
  amsgrad: attrs.boolean("amsgrad", false),
  maximize: attrs.boolean("maximize", false),
});

const OPTIMIZERS: Readonly<Record<string, (attrs: Attrs, params: readonly Tensor[]) => Stepper>> = {
  SGD: (attrs, params) =>
    sgd(params, {
      ...common(attrs),
      lr: attrs.number("lr", 1e-3),
      momentum: attrs.number("momentum", 0),
      dampening: attrs.number("dampening", 0),
      nesterov: attrs.boolean("nesterov", false),
    }),
  Adam: (attrs, params) => adam(params, adamOptions(attrs, 0)),
  AdamW: (attrs, params) => adamW(params, adamOptions(attrs, 0.01)),
  RMSprop: (attrs, params) =>
    rmsprop(params, {
      ...common(attrs),
      lr: attrs.number("lr", 0.01),
      alpha: attrs.number("alpha", 0.99),
      eps: attrs.number("eps", 1e-8),
      momentum: attrs.number("momentum", 0),
      centered: attrs.boolean("centered", false),
    }),
  // timm's: the root around eps, and a mean square that starts from 1.
  RMSpropTF: (attrs, params) =>
    rmsprop(params, {
      ...common(attrs.ignore("lr_in_momentum").only("decoupled_decay", false)),
      lr: attrs.number("lr", 0.01),
      alpha: attrs.number("alpha", 0.9),
      eps: attrs.number("eps", 1e-10),
      momentum: attrs.number("momentum", 0),
      centered: attrs.boolean("centered", false),
      epsInside: true,
      initialSquare: 1,
    }),
  Adagrad: (attrs, params) =>
    adagrad(params, {
      ...common(attrs),
      lr: attrs.number("lr", 0.01),
      lrDecay: attrs.number("lr_decay", 0),
      eps: attrs.number("eps", 1e-10),
      initialAccumulatorValue: attrs.number("initial_accumulator_value", 0),
    }),
};

/** Parameters p<i> and their gradients p<i>.grad<k>; results p<i>.step<k>. */
export const optimizerRow: GoldenOp = (attrs, inputs) => {
  const all = inputs.all();
  const params = all.filter(([name]) => !name.includes("."));
  const grads = new Map(all.filter(([name]) => name.includes(".")));
  const steps = Math.max(0, ...[...grads.keys()].map(numberIn));
  for (const [name] of grads) if (!/^p\d+\.grad\d+$/.test(name)) throw new Lacking(`input ${name}`);
  const optimizer = optimizerOf(
    attrs,
    params.map(([, param]) => param),
  );
  return () => {
    const results: Record<string, Tensor> = {};
    for (let step = 1; step <= steps; step++) {
      const gradOf = new Map(params.map(([name, param]) => [param, grads.get(`${name}.grad${step}`)]));
      optimizer.step({ get: (param) => gradOf.get(param) });
      for (const [name, param] of params) results[`${name}.step${step}`] = copy(param);
    }
    optimizer.dispose();
    return results;
  };
};

export const trainingOps = {
  clip_grad_norm: clipNorm,
  clip_grad_norm_: clipNorm,
  clip_grad_value: clipValue,
  ema,
  optimizer: optimizerRow,
} satisfies Record<string, GoldenOp>;
