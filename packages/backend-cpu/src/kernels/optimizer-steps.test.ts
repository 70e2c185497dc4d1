import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Plan } from "../launch";
import { bitsOf, floats, type HostTensor, PlanRunner, randomFloats, worstError } from "../testing/run-plan";
import { adagradStep } from "./adagradStep";
import { adamStep } from "./adamStep";
import { rmspropStep } from "./rmspropStep";
import { sgdStep } from "./sgdStep";

let one: PlanRunner;
let two: PlanRunner;
beforeAll(async () => {
  [one, two] = await Promise.all([PlanRunner.open({ threads: 1 }), PlanRunner.open({ threads: 2 })]);
});
afterAll(() => {
  one.close();
  two.close();
});

/** Parameter and states afterwards, for one element: the formulas in the ops' doc comments, in f64. */
type Step = (param: number, grad: number, hyper: readonly number[], states: readonly number[]) => readonly number[];

interface Case {
  readonly name: string;
  readonly plan: Plan<never>;
  readonly attrs: object;
  readonly hyper: readonly number[];
  readonly states: number;
  readonly step: Step;
}

const sgd =
  ({ nesterov = false, maximize = false }): Step =>
  (param, grad, [lr, decay, momentum, keep] = [], [buffer]) => {
    const g = (maximize ? -grad : grad) + decay! * param;
    if (buffer === undefined) return [param - lr! * g];
    const b = momentum! * buffer + keep! * g;
    return [param - lr! * (nesterov ? g + momentum! * b : b), b];
  };

const adam =
  ({ decoupled = false, maximize = false }): Step =>
  (param, grad, [lr, decay, beta1, beta2, eps, correction1, correction2] = [], [mean, square, largest]) => {
    const kept = decoupled ? param * (1 - lr! * decay!) : param;
    const g = (maximize ? -grad : grad) + (decoupled ? 0 : decay! * param);
    const m = beta1! * mean! + (1 - beta1!) * g;
    const v = beta2! * square! + (1 - beta2!) * g * g;
    const top = largest === undefined ? v : Math.max(largest, v);
    const next = kept - ((lr! / correction1!) * m) / (Math.sqrt(top) / correction2! + eps!);
    return largest === undefined ? [next, m, v] : [next, m, v, top];
  };

const rmsprop =
  ({ centered = false, epsInside = false, maximize = false }): Step =>
  (param, grad, [lr, decay, alpha, eps, momentum] = [], [square, mean, buffer]) => {
    const g = (maximize ? -grad : grad) + decay! * param;
    const v = alpha! * square! + (1 - alpha!) * g * g;
    const m = centered ? alpha! * mean! + (1 - alpha!) * g : mean!;
    const spread = centered ? v - m * m : v;
    const divisor = epsInside ? Math.sqrt(spread + eps!) : Math.sqrt(spread) + eps!;
    const b = momentum! > 0 ? momentum! * buffer! + g / divisor : buffer!;
    return [param - lr! * (momentum! > 0 ? b : g / divisor), v, m, b];
  };

const adagrad =
  ({ maximize = false }): Step =>
  (param, grad, [lr, decay, eps] = [], [square]) => {
    const g = (maximize ? -grad : grad) + decay! * param;
    const sum = square! + g * g;
    return [param - (lr! * g) / (Math.sqrt(sum) + eps!), sum];
  };

const row = <A extends object>(
  op: string,
  plan: Plan<A>,
  attrs: A,
  hyper: number[],
  states: number,
  make: (attrs: A) => Step,
): Case => ({
  name: `${op} ${JSON.stringify(attrs)} ${JSON.stringify(hyper)}, ${states} states`,
  plan: plan as Plan<never>,
  attrs,
  hyper,
  states,
  step: make(attrs),
});

const CASES: readonly Case[] = [
  row("sgdStep", sgdStep, { nesterov: false, maximize: false }, [0.1, 0, 0, 1], 0, sgd),
  row("sgdStep", sgdStep, { nesterov: false, maximize: true }, [0.1, 0.01, 0, 1], 0, sgd),
  row("sgdStep", sgdStep, { nesterov: false, maximize: false }, [0.1, 1e-4, 0.9, 0.7], 1, sgd),
  row("sgdStep", sgdStep, { nesterov: true, maximize: false }, [0.1, 1e-4, 0.9, 1], 1, sgd),
  row("adamStep", adamStep, { decoupled: false, maximize: false }, [1e-3, 0, 0.9, 0.999, 1e-8, 0.19, 0.0447], 2, adam),
  row("adamStep", adamStep, { decoupled: false, maximize: true }, [1e-2, 0.1, 0.9, 0.99, 1e-8, 0.5, 0.5], 2, adam),
  row("adamStep", adamStep, { decoupled: true, maximize: false }, [1e-2, 0.1, 0.9, 0.99, 1e-8, 0.5, 0.5], 3, adam),
  row("rmspropStep", rmspropStep, { centered: false, epsInside: false, maximize: false }, [1e-2, 0, 0.99, 1e-8, 0], 3, rmsprop),
  row("rmspropStep", rmspropStep, { centered: true, epsInside: false, maximize: true }, [1e-2, 0.1, 0.9, 1e-3, 0.9], 3, rmsprop),
  row("rmspropStep", rmspropStep, { centered: true, epsInside: true, maximize: false }, [1e-2, 0.1, 0.9, 1e-3, 0], 3, rmsprop),
  row("rmspropStep", rmspropStep, { centered: false, epsInside: true, maximize: false }, [1e-2, 0.1, 0.9, 1e-3, 0.9], 3, rmsprop),
  row("adagradStep", adagradStep, { maximize: false }, [1e-2, 0, 1e-10], 1, adagrad),
  row("adagradStep", adagradStep, { maximize: true }, [1e-2, 0.1, 1e-10], 1, adagrad),
];

/** param, grad, hyper and states; RMSprop's square, the first, is larger than its mean², as in training. */
function tensors({ hyper, states }: Case, n: number): HostTensor[] {
  const state = Array.from({ length: states }, (_, i) => randomFloats([n], 30 + i, i === 0 ? [1, 1.5] : [0.2, 0.5]));
  return [randomFloats([n], 1), randomFloats([n], 2), floats([hyper.length], hyper), ...state];
}

/** Parameter and states after the step. */
function run(runner: PlanRunner, test: Case, n: number): Float32Array[] {
  const after = runner.run(test.plan, { inputs: tensors(test, n), attrs: test.attrs as never }).inputs;
  return after.filter((_, i) => i !== 1 && i !== 2).map(({ data }) => data as Float32Array);
}

describe.each(CASES)("$name", (steps) => {
  test.each([1, 3, 4, 63, 64, 65, 1000])("%i parameters take the step of the formula in f64", (n) => {
    const [param, grad, hyper, ...states] = tensors(steps, n).map(({ data }) => data);
    const wanted = Array.from(param!, (value, i) =>
      steps.step(
        value,
        grad![i]!,
        Array.from(hyper!),
        states.map((state) => state[i]!),
      ),
    );
    const ours = run(one, steps, n);
    // Six roundings of values below 2, a centred variance being a difference of larger ones.
    const bound = () => 8 * 2 ** -24;
    for (const [k, data] of ours.entries())
      expect(
        worstError(
          data,
          wanted.map((values) => values[k]!),
          bound,
        ),
      ).toBeLessThanOrEqual(1);
  });

  test("two threads give the same bits", () => {
    expect(bitsOf(run(two, steps, 70_001))).toBe(bitsOf(run(one, steps, 70_001)));
  });

  test("no parameters are no work", () => {
    expect(run(one, steps, 0)[0]!.length).toBe(0);
  });
});

test("without weight decay an infinite parameter stays infinite", () => {
  const inputs = [floats([1], [Number.POSITIVE_INFINITY]), floats([1], [1]), floats([4], [0.1, 0, 0, 1])];
  const after = one.run(sgdStep, { inputs, attrs: { nesterov: false, maximize: false } }).inputs;
  expect(after[0]!.data[0]).toBe(Number.POSITIVE_INFINITY);
});
