import type { OpName, Shape } from "@vertebra/core";
import type { Values } from "../reference/values";
import { type Bound, type BoundContext, type Tolerance, within } from "../tolerance";
import { between, given, normal } from "./inputs";
import type { CaseInput, OpCase, OpCases } from "./types";

const SHAPES: readonly Shape[] = [[1], [7], [65], [3, 4], [0], [8, 16, 3, 3]];
const positive = (shape: Shape) => between(shape, 0.01, 2);

interface StepCase<Attrs> {
  readonly name: string;
  readonly hyper: readonly number[];
  readonly attrs: Attrs;
  readonly state: readonly ((shape: Shape) => CaseInput)[];
}

const steps = <Attrs>(rows: readonly StepCase<Attrs>[]): OpCase<Attrs>[] =>
  rows.flatMap(({ name, hyper, attrs, state }) =>
    SHAPES.map((shape) => ({
      name: `${name} [${shape}]`,
      inputs: [normal(shape), normal(shape), given(hyper), ...state.map((make) => make(shape))],
      attrs,
    })),
  );

/** Largest errors of param and then each state in units of 2u, element by element. */
type StepErrors<Attrs> = (context: BoundContext<Attrs>, i: number, hyper: readonly number[]) => readonly number[];

const step = <Attrs>(reason: string, errors: StepErrors<Attrs>): Tolerance<Attrs> => ({
  reason,
  bounds: (context): Bound[] => {
    const hyper = [...(context.inputs[2] as Values).data];
    const ulp = 2 * context.rounding;
    return context.results.map((result, r) => within(result, (i) => ulp * (errors(context, i, hyper)[r] as number), context));
  },
});

const { abs, sqrt } = Math;
const at = (values: readonly Values[], index: number, i: number): number => values[index]?.at(i) ?? 0;
/** |±grad| + weightDecay · |param|, which has two roundings. */
const gradSize = ({ inputs }: BoundContext<unknown>, i: number, weightDecay = 0): number =>
  abs(at(inputs, 1, i)) + weightDecay * abs(at(inputs, 0, i));

const sgdErrors: StepErrors<{ readonly nesterov: boolean }> = (context, i, [lr = 0, decay, factor = 0, keep = 1]) => {
  const g = gradSize(context, i, decay);
  const momentum = context.inputs[3] ? factor * abs(at(context.inputs, 3, i)) + abs(keep) * g : g;
  const moved = context.attrs.nesterov ? g + factor * momentum : momentum;
  return [abs(at(context.results, 0, i)) + lr * moved * 6, 4 * momentum];
};

const adamErrors: StepErrors<{ readonly decoupled: boolean }> = (context, i, hyper) => {
  const [lr = 0, decay = 0, beta1 = 0, beta2 = 0, eps = 0, correction1 = 1, correction2 = 1] = hyper;
  const { inputs, results, attrs } = context;
  const g = gradSize(context, i, attrs.decoupled ? 0 : decay);
  const mean = beta1 * abs(at(inputs, 3, i)) + (1 - beta1) * g;
  const square = beta2 * at(inputs, 4, i) + (1 - beta2) * g * g;
  const power = at(results, results.length > 3 ? 3 : 2, i);
  const denominator = sqrt(power) / correction2 + eps;
  // √ and two quotients by WGSL's table: 4.5 + 2.5 + 2.5 ULP, and half of the square's relative error.
  const ratio = (mean / correction1 / denominator) * (14 + (3 * square) / power);
  const param = abs(at(results, 0, i)) + 3 * abs(at(inputs, 0, i));
  return [param + lr * ratio + (lr * 5 * mean) / correction1 / denominator, 5 * mean, 6 * square, 6 * square];
};

const rmspropErrors: StepErrors<{ readonly centered: boolean; readonly epsInside: boolean }> = (context, i, hyper) => {
  const [lr = 0, decay, alpha = 0, eps = 0, factor = 0] = hyper;
  const { inputs, results, attrs } = context;
  const g = gradSize(context, i, decay);
  const square = alpha * at(inputs, 3, i) + (1 - alpha) * g * g;
  const mean = alpha * abs(at(inputs, 4, i)) + (1 - alpha) * g;
  const power = at(results, 1, i) - (attrs.centered ? at(results, 2, i) ** 2 : 0);
  const ofPower = 6 * square + (attrs.centered ? 10 * abs(at(results, 2, i)) * mean + power : 0);
  const root = attrs.epsInside ? sqrt(power + eps) : sqrt(power) + eps;
  const ratio = (g / root) * (12 + (0.5 * ofPower) / (attrs.epsInside ? power + eps : power));
  const moved = factor > 0 ? factor * abs(at(inputs, 5, i)) * 2 + ratio + abs(at(results, 3, i)) : ratio;
  return [abs(at(results, 0, i)) + lr * (moved + 2 * abs(at(results, 3, i))), 6 * square, 5 * mean, moved];
};

const adagradErrors: StepErrors<unknown> = (context, i, [lr = 0, decay, eps = 0]) => {
  const g = gradSize(context, i, decay);
  const square = at(context.results, 1, i);
  const ofSquare = abs(at(context.inputs, 3, i)) + 5 * g * g;
  return [abs(at(context.results, 0, i)) + lr * (g / (sqrt(square) + eps)) * (12 + (0.5 * ofSquare) / square), ofSquare];
};

const plain = { nesterov: false, maximize: false };
const adam = [0.01, 0.1, 0.9, 0.999, 1e-8, 1 - 0.9 ** 3, sqrt(1 - 0.999 ** 3)];
const coupled = { decoupled: false, maximize: false };
const rmsprop = { centered: false, epsInside: false, maximize: false };
/** Square and mean of one distribution, so that their difference stays positive. */
const rmspropState = [(shape: Shape) => between(shape, 1, 2), (shape: Shape) => between(shape, -0.5, 0.5), normal];

/** Of eight values. */
const CORRECTION = 8 / 7;
const RUNNING: readonly { readonly name: string; readonly momentum: number | null; readonly count?: number }[] = [
  { name: "momentum", momentum: 0.1 },
  { name: "momentum and count", momentum: 0.25, count: 41 },
  { name: "first of an average", momentum: null, count: 0 },
  { name: "average", momentum: null, count: 2 },
];

export const stepCases = {
  sgdStep: {
    tolerance: step("two products and two sums for each of g, b and param", sgdErrors),
    cases: steps([
      { name: "plain", hyper: [0.1, 0, 0, 1], attrs: plain, state: [] },
      { name: "weight decay", hyper: [0.1, 0.01, 0, 1], attrs: { ...plain, maximize: true }, state: [] },
      { name: "momentum", hyper: [0.1, 0.01, 0.9, 1], attrs: plain, state: [normal] },
      { name: "dampening", hyper: [0.1, 0, 0.9, 0.75], attrs: plain, state: [normal] },
      { name: "nesterov", hyper: [0.1, 0.01, 0.9, 1], attrs: { ...plain, nesterov: true }, state: [normal] },
    ]),
  },
  adamStep: {
    tolerance: step("moments, a root and two quotients by WGSL's table", adamErrors),
    cases: steps([
      { name: "adam", hyper: adam, attrs: coupled, state: [normal, positive] },
      { name: "adamw", hyper: adam, attrs: { ...coupled, decoupled: true }, state: [normal, positive] },
      { name: "maximize", hyper: adam, attrs: { ...coupled, maximize: true }, state: [normal, positive] },
      { name: "amsgrad", hyper: adam, attrs: coupled, state: [normal, positive, positive] },
    ]),
  },
  rmspropStep: {
    tolerance: step("moments, a root and a quotient by WGSL's table", rmspropErrors),
    cases: steps([
      { name: "plain", hyper: [0.01, 0, 0.99, 1e-8, 0], attrs: rmsprop, state: rmspropState },
      { name: "momentum", hyper: [0.01, 0.1, 0.9, 1e-8, 0.9], attrs: rmsprop, state: rmspropState },
      { name: "centered", hyper: [0.01, 0, 0.99, 1e-8, 0], attrs: { ...rmsprop, centered: true }, state: rmspropState },
      {
        name: "TensorFlow's",
        hyper: [0.01, 0, 0.9, 1e-3, 0.9],
        attrs: { ...rmsprop, epsInside: true, maximize: true },
        state: rmspropState,
      },
    ]),
  },
  adagradStep: {
    tolerance: step("a root and a quotient by WGSL's table", adagradErrors),
    cases: steps([
      { name: "plain", hyper: [0.01, 0, 1e-10], attrs: { maximize: false }, state: [positive] },
      { name: "weight decay", hyper: [0.01, 0.1, 1e-10], attrs: { maximize: true }, state: [positive] },
    ]),
  },
  updateRunningStats: {
    tolerance: {
      reason: "two products and a sum, and without a momentum a quotient by WGSL's table; counts exactly",
      bounds: (context): Bound[] => {
        const size = (r: number, i: number) => {
          const [before, batch] = [at(context.inputs, r, i), at(context.inputs, r + 2, i)];
          return abs(before) + abs(batch) * CORRECTION;
        };
        return context.results.map((result, r) =>
          within(result, (i) => (r === 2 ? 0 : 12 * context.rounding * size(r, i)), context),
        );
      },
    },
    cases: [1, 7, 65, 0, 300].flatMap((channels) =>
      RUNNING.map(({ name, momentum, count }) => {
        const shape = [channels];
        const statistics = [normal(shape), positive(shape), normal(shape), positive(shape)];
        return {
          name: `${name} [${channels}]`,
          inputs: count === undefined ? statistics : [...statistics, given([count], [], "i32")],
          attrs: { momentum, correction: CORRECTION },
        };
      }),
    ),
  },
} satisfies { readonly [K in OpName]?: OpCases<K> };
