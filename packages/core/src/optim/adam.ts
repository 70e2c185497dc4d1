import { ArgumentError } from "../errors";
import { adamStep } from "../ops/adamStep";
import type { Tensor } from "../tensor";
import { Optimizer, type OptimizerTargets, type StepRule } from "./optimizer";
import { requireRange } from "./schedules";

export interface AdamOptions {
  /** Default: 1e-3. */
  readonly lr?: number;
  /** Decay of the mean and of the mean square. Default: [0.9, 0.999]. */
  readonly betas?: readonly [number, number];
  /** Default: 1e-8. */
  readonly eps?: number;
  /** Adam: added to the gradient, default 0. AdamW: taken off the weights, default 0.01. */
  readonly weightDecay?: number;
  /** Divides by the largest mean square so far (Reddi et al. 2018). Default: false. */
  readonly amsgrad?: boolean;
  /** Climbs instead. Default: false. */
  readonly maximize?: boolean;
}

type AdamRuleOptions = AdamOptions & { readonly lr: number };

const adamRule = (name: string, decoupled: boolean): StepRule<AdamRuleOptions> => ({
  name,
  state: ({ amsgrad = false }) => (amsgrad ? { mean: 0, square: 0, largest: 0 } : { mean: 0, square: 0 }),
  hyper: ({ lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 }, step, round) => {
    // The corrections belong to the betas as the device sees them: 1 − fround(0.999) is off by 1e-5.
    const [beta1, beta2] = [round(betas[0]), round(betas[1])];
    return [lr, weightDecay, beta1, beta2, eps, 1 - beta1 ** step, Math.sqrt(1 - beta2 ** step)];
  },
  update: (param, grad, hyper, state, { maximize = false }) => {
    const { mean, square, largest } = state as { mean: Tensor; square: Tensor; largest?: Tensor };
    adamStep(param, grad, hyper, { mean, square, largest }, { decoupled, maximize });
  },
  check: ({ betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 }) => {
    requireRange(name, { eps, weightDecay });
    if (betas.every((beta) => beta >= 0 && beta < 1)) return;
    throw new ArgumentError(name, { rule: "betas must be from 0 to below 1", got: `${betas}` });
  },
});

const rules = { adam: adamRule("adam", false), adamW: adamRule("adamW", true) };

/** Adam (Kingma & Ba 2015) with PyTorch's options; weight decay is added to the gradient. @throws ArgumentError */
export const adam = (targets: OptimizerTargets<AdamOptions>, options: AdamOptions = {}): Optimizer<AdamRuleOptions> =>
  new Optimizer(rules.adam, targets as OptimizerTargets<AdamRuleOptions>, { lr: 1e-3, ...options });

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019) and PyTorch's options. @throws ArgumentError */
export const adamW = (targets: OptimizerTargets<AdamOptions>, options: AdamOptions = {}): Optimizer<AdamRuleOptions> =>
  new Optimizer(rules.adamW, targets as OptimizerTargets<AdamRuleOptions>, { lr: 1e-3, weightDecay: 0.01, ...options });
