import { adagradStep } from "../ops/adagradStep";
import type { Tensor } from "../tensor";
import { Optimizer, type OptimizerTargets, type StepRule } from "./optimizer";
import { requireRange } from "./schedules";

export interface AdagradOptions {
  /** Default: 0.01. */
  readonly lr?: number;
  /** The rate of step t is lr / (1 + (t − 1) · lrDecay). Default: 0. */
  readonly lrDecay?: number;
  /** L2 penalty, added to the gradient. Default: 0. */
  readonly weightDecay?: number;
  /** What the sum of squares starts from. Default: 0. */
  readonly initialAccumulatorValue?: number;
  /** Default: 1e-10. */
  readonly eps?: number;
  /** Climbs instead. Default: false. */
  readonly maximize?: boolean;
}

type AdagradRuleOptions = AdagradOptions & { readonly lr: number };

const rule: StepRule<AdagradRuleOptions> = {
  name: "adagrad",
  state: ({ initialAccumulatorValue = 0 }) => ({ square: initialAccumulatorValue }),
  hyper: ({ lr, lrDecay = 0, weightDecay = 0, eps = 1e-10 }, step) => [lr / (1 + (step - 1) * lrDecay), weightDecay, eps],
  update: (param, grad, hyper, { square }, { maximize = false }) =>
    adagradStep(param, grad, hyper, square as Tensor, { maximize }),
  check: ({ lrDecay = 0, weightDecay = 0, initialAccumulatorValue = 0, eps = 1e-10 }) =>
    requireRange("adagrad", { lrDecay, weightDecay, initialAccumulatorValue, eps }),
};

/** Adagrad (Duchi et al. 2011) with PyTorch's options. @throws ArgumentError */
export const adagrad = (targets: OptimizerTargets<AdagradOptions>, options: AdagradOptions = {}): Optimizer<AdagradRuleOptions> =>
  new Optimizer(rule, targets as OptimizerTargets<AdagradRuleOptions>, { lr: 0.01, ...options });
