import { rmspropStep } from "../ops/rmspropStep";
import type { Tensor } from "../tensor";
import { Optimizer, type OptimizerTargets, type StepRule } from "./optimizer";
import { requireRange } from "./schedules";

export interface RmspropOptions {
  /** Default: 0.01. */
  readonly lr?: number;
  /** Decay of the mean square. Default: 0.99. */
  readonly alpha?: number;
  /** Default: 1e-8. */
  readonly eps?: number;
  /** L2 penalty, added to the gradient. Default: 0. */
  readonly weightDecay?: number;
  /** Default: 0. */
  readonly momentum?: number;
  /** Divides by the standard deviation instead of the root mean square. Default: false. */
  readonly centered?: boolean;
  /** TensorFlow's form: √(square + eps) instead of √square + eps. Default: false. */
  readonly epsInside?: boolean;
  /** What the mean square starts from; TensorFlow 1 and timm's RMSpropTF begin with 1. Default: 0. */
  readonly initialSquare?: number;
  /** Climbs instead. Default: false. */
  readonly maximize?: boolean;
}

type RmspropRuleOptions = RmspropOptions & { readonly lr: number };

const rule: StepRule<RmspropRuleOptions> = {
  name: "rmsprop",
  state: ({ initialSquare = 0 }) => ({ square: initialSquare, mean: 0, momentum: 0 }),
  hyper: ({ lr, weightDecay = 0, alpha = 0.99, eps = 1e-8, momentum = 0 }) => [lr, weightDecay, alpha, eps, momentum],
  update: (param, grad, hyper, state, { centered = false, epsInside = false, maximize = false }) =>
    rmspropStep(param, grad, hyper, state as { square: Tensor; mean: Tensor; momentum: Tensor }, {
      centered,
      epsInside,
      maximize,
    }),
  check: ({ alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0 }) =>
    requireRange("rmsprop", { alpha, eps, weightDecay, momentum }),
};

/** RMSprop (Tieleman & Hinton 2012) with PyTorch's options, and TensorFlow's place of epsilon. @throws ArgumentError */
export const rmsprop = (targets: OptimizerTargets<RmspropOptions>, options: RmspropOptions = {}): Optimizer<RmspropRuleOptions> =>
  new Optimizer(rule, targets as OptimizerTargets<RmspropRuleOptions>, { lr: 0.01, ...options });
