import { product } from "@vertebra/core/plan";
import { type Binding, type CudaOperand, kernelsOf, type Launch, LINE, type ParameterStep } from "../launch";

/** As in optimizer-step.h: parameters of a launch, and elements of a block. */
export const STEP_TENSORS = 24;
const STEP_ELEMENTS = 4096;
const STEP_FLAGS = 4;

/** A step of one parameter: operands are itself, its gradient and `states` tensors of the optimizer, which may be missing. */
export function stepOf(
  kernel: string,
  flags: readonly boolean[],
  [param, grad, hyper, ...states]: readonly CudaOperand[],
  count: number = states.length,
): readonly ParameterStep[] {
  if (product((param as CudaOperand).shape) === 0) return [];
  const tensors = [param, grad, ...Array.from({ length: count }, (_, i) => states[i] ?? null)] as (CudaOperand | null)[];
  return [{ stepKernel: kernel, flags, hyper: hyper as CudaOperand, tensors }];
}

/** True if one launch can take both: the same kernel, options and numbers. */
export const isSameStep = (one: ParameterStep, other: ParameterStep): boolean =>
  one.stepKernel === other.stepKernel &&
  one.hyper.memory === other.hyper.memory &&
  one.flags.every((flag, i) => flag === other.flags[i]);

/** The launch of up to STEP_TENSORS steps that are the same: StepParams of optimizer-step.h. */
export function joinSteps(steps: readonly ParameterStep[]): Launch {
  const { stepKernel, flags, hyper, tensors } = steps[0] as ParameterStep;
  const each = <T>(make: (step: ParameterStep | undefined) => T): T[] =>
    Array.from({ length: STEP_TENSORS }, (_, i) => make(steps[i]));
  const elements = each((step) => (step ? product((step.tensors[0] as CudaOperand).shape) : 0));
  let blocks = 0;
  const ends = elements.map((own) => {
    blocks += Math.ceil(own / STEP_ELEMENTS);
    return blocks;
  });
  const bindings: Binding[] = tensors.flatMap((_, at) => each((step) => step?.tensors[at] ?? null));
  return {
    kernel: kernelsOf(stepKernel)(stepKernel),
    bindings: [hyper, ...bindings],
    words: [...elements, ...ends, ...Array.from({ length: STEP_FLAGS }, (_, i) => Number(flags[i] ?? false))],
    grid: blocks,
    block: LINE,
  };
}
