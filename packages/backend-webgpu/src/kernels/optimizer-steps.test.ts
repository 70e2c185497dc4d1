import type { Device, KernelTable } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import type { Launch } from "../launch";
import { openForTests } from "../testing/open-device";
import { floats, type HostTensor, operandOf, PORTABLE, randomFloats, runKernel, worstError } from "../testing/run-kernel";
import { sgdStep } from "./sgdStep";

const { device, reason } = await openForTests();

/** Parameter and states afterwards, for one element: the formulas in the ops' doc comments, in f64. */
type Step = (param: number, grad: number, hyper: readonly number[], states: readonly number[]) => readonly number[];

type StepName = "sgdStep" | "adamStep" | "rmspropStep" | "adagradStep";

interface Case {
  readonly name: string;
  readonly op: StepName;
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

const row = <K extends StepName>(
  op: K,
  attrs: KernelTable[K],
  hyper: number[],
  states: number,
  make: (attrs: KernelTable[K]) => Step,
): Case => ({
  name: `${op} ${JSON.stringify(attrs)} ${JSON.stringify(hyper)}, ${states} states`,
  op,
  attrs,
  hyper,
  states,
  step: make(attrs),
});

const CASES: readonly Case[] = [
  row("sgdStep", { nesterov: false, maximize: false }, [0.1, 0, 0, 1], 0, sgd),
  row("sgdStep", { nesterov: false, maximize: true }, [0.1, 0.01, 0, 1], 0, sgd),
  row("sgdStep", { nesterov: false, maximize: false }, [0.1, 1e-4, 0.9, 0.7], 1, sgd),
  row("sgdStep", { nesterov: true, maximize: false }, [0.1, 1e-4, 0.9, 1], 1, sgd),
  row("adamStep", { decoupled: false, maximize: false }, [1e-3, 0, 0.9, 0.999, 1e-8, 0.19, 0.0447], 2, adam),
  row("adamStep", { decoupled: false, maximize: true }, [1e-2, 0.1, 0.9, 0.99, 1e-8, 0.5, 0.5], 2, adam),
  row("adamStep", { decoupled: true, maximize: false }, [1e-2, 0.1, 0.9, 0.99, 1e-8, 0.5, 0.5], 3, adam),
  row("rmspropStep", { centered: false, epsInside: false, maximize: false }, [1e-2, 0, 0.99, 1e-8, 0], 3, rmsprop),
  row("rmspropStep", { centered: true, epsInside: false, maximize: true }, [1e-2, 0.1, 0.9, 1e-3, 0.9], 3, rmsprop),
  row("rmspropStep", { centered: true, epsInside: true, maximize: false }, [1e-2, 0.1, 0.9, 1e-3, 0], 3, rmsprop),
  row("rmspropStep", { centered: false, epsInside: true, maximize: false }, [1e-2, 0.1, 0.9, 1e-3, 0.9], 3, rmsprop),
  row("adagradStep", { maximize: false }, [1e-2, 0, 1e-10], 1, adagrad),
  row("adagradStep", { maximize: true }, [1e-2, 0.1, 1e-10], 1, adagrad),
];

/** param, grad, hyper and states; RMSprop's square, the first, is larger than its mean², as in training. */
function tensors({ hyper, states }: Case, n: number): HostTensor[] {
  const state = Array.from({ length: states }, (_, i) => randomFloats([n], 30 + i, i === 0 ? [1, 1.5] : [0.2, 0.5]));
  return [randomFloats([n], 1), randomFloats([n], 2), floats([hyper.length], hyper), ...state];
}

describe.skipIf(!device)(`optimizer steps on ${device?.adapter ?? reason}`, () => {
  const own = device as Device;
  afterAll(() => device?.close());

  describe.each(CASES)("$name", (steps) => {
    test.each([1, 3, 4, 65, 1000])("%i parameters take the step of the formula in f64", async (n) => {
      const inputs = tensors(steps, n);
      const [param, grad, hyper, ...states] = inputs.map(({ data }) => data);
      const wanted = Array.from(param!, (value, i) => {
        const before = states.map((state) => state[i]!);
        return steps.step(value, grad![i]!, Array.from(hyper!), before);
      });
      const { inputs: after } = await runKernel(own, steps.op, { inputs, attrs: steps.attrs as never });
      const ours = after.filter((_, i) => i !== 1 && i !== 2);
      // Six roundings of values below 2, a centred variance being a difference of larger ones; then WGSL's root and quotients.
      const bound = () => 12 * 2 ** -24;
      for (const [k, { data }] of ours.entries()) {
        const theirs = wanted.map((values) => values[k]!);
        expect(worstError(data, theirs, bound)).toBeLessThanOrEqual(1);
      }
      expect([after[1]!.data, after[2]!.data]).toEqual([grad, hyper]);
    });
  });

  test("without weight decay an infinite parameter stays infinite", async () => {
    const inputs = [floats([1], [Number.POSITIVE_INFINITY]), floats([1], [1]), floats([4], [0.1, 0, 0, 1])];
    const after = await runKernel(own, "sgdStep", { inputs, attrs: { nesterov: false, maximize: false } });
    expect(after.inputs[0]!.data[0]).toBe(Number.POSITIVE_INFINITY);
  });
});

test("no parameters are no work", () => {
  const [none, hyper] = [operandOf([0]), operandOf([4])];
  expect(sgdStep([none, none, hyper], [], { nesterov: false, maximize: false }, PORTABLE)).toEqual([]);
});

test("a buffer stands where a state is missing, which none of the operands may do", () => {
  const [param, grad, hyper] = [operandOf([5]), operandOf([5]), operandOf([4])];
  const [step] = sgdStep([param, grad, hyper], [], { nesterov: false, maximize: false }, PORTABLE);
  expect((step as Launch).bindings).toEqual([param, grad, hyper, { scratchBytes: 16 }]);
});
