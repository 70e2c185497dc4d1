import type { Device, FusedTable, OpName } from "@vertebra/core";
import { CASES } from "../cases/index";
import type { Cases } from "../cases/types";
import { activated } from "../fused/activated";
import { finishConvolution } from "../fused/conv2dFused";
import { Values } from "../reference/values";
import type { Bound, BoundContext, Precision } from "../tolerance";
import { type HostCall, type HostOperand, runOnHost, toHostOperand, toValues } from "./host-call";

export type KernelName = OpName | keyof FusedTable;

/** What a call should give, and how far a device may be off. */
export interface Expectation {
  readonly results: readonly Values[];
  readonly bounds: () => Promise<readonly Bound[]>;
}

/** The device that calls are run again on, and the arithmetic that the bounds are for. */
export interface Checker {
  readonly device: Device;
  readonly precision: Precision;
}

export const isFused = (kernel: KernelName): kernel is keyof FusedTable => Object.hasOwn(FUSED, kernel);

/** What the checker makes of a call. */
export async function expect(kernel: KernelName, call: HostCall, checker: Checker): Promise<Expectation> {
  if (isFused(kernel)) return expectFused(kernel, call, checker);
  const results = await runOnHost(checker.device, kernel, call);
  return { results, bounds: () => boundsOf(kernel, call, results, checker) };
}

const expectFused = <K extends keyof FusedTable>(kernel: K, call: HostCall, checker: Checker): Promise<Expectation> =>
  FUSED[kernel](call as HostCall<FusedTable[K]>, checker);

/** Fused kernels are held to the compositions that define them, whatever fused kernels the checker has. */
const FUSED: {
  readonly [K in keyof FusedTable]: (call: HostCall<FusedTable[K]>, checker: Checker) => Promise<Expectation>;
} = {
  conv2dFused: async ({ inputs, outputs, attrs }, checker) => {
    const convolution = await expect("conv2d", { inputs: inputs.slice(0, 2), outputs, attrs }, checker);
    const [convolved] = convolution.results as [Values];
    const [bound] = (await convolution.bounds()) as [Bound];
    const others = inputs.slice(2).map(toValues);
    const finished = finishConvolution(convolved, bound, others, attrs.activation, checker.precision);
    return { results: [finished.result], bounds: async () => [finished.bound] };
  },
  scaleShiftFused: async ({ inputs, outputs, attrs }, checker) => {
    const sum = await expect("scaleShift", { inputs, outputs, attrs: {} }, checker);
    const [sums] = sum.results as [Values];
    const [bound] = (await sum.bounds()) as [Bound];
    const finished = activated(sums, bound, attrs.activation, checker.precision);
    return { results: [finished.result], bounds: async () => [finished.bound] };
  },
};

/**
 * What the op's tolerance allows for this call. Σ|terms| and the like are computed on the checker, whose answers come later than
 * they are asked for: the tolerance is asked again with the answers there are, until it has no more questions.
 */
async function boundsOf(
  op: OpName,
  { inputs, outputs, attrs }: HostCall,
  results: readonly Values[],
  { device, precision }: Checker,
): Promise<readonly Bound[]> {
  const { bounds } = (CASES[op] as Cases<unknown>).tolerance;
  const values = inputs.map(toValues);
  const answers: (readonly Values[])[] = [];
  for (;;) {
    const asked: Promise<readonly Values[]>[] = [];
    let questions = 0;
    const evaluate: BoundContext<unknown>["evaluate"] = (others, otherAttrs = attrs) => {
      const answer = answers[questions++];
      if (answer) return answer;
      const moved = others.map((other, i) => toHostOperand(other, inputs[i] as HostOperand));
      asked.push(runOnHost(device, op, { inputs: moved, outputs, attrs: otherAttrs }));
      return results.map(({ shape }) => new Values(shape));
    };
    // A `max` may be computed, and ask, only when it is looked at.
    const found = bounds({ ...precision, attrs, inputs: values, results, evaluate }).map(({ max }) => ({ max }));
    if (asked.length === 0) return found;
    answers.push(...(await Promise.all(asked)));
  }
}
