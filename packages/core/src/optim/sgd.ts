import { ArgumentError } from "../errors";
import { sgdStep } from "../ops/sgdStep";
import { Optimizer, type OptimizerTargets, type StepRule } from "./optimizer";
import { requireRange } from "./schedules";

export interface SgdOptions {
  readonly lr: number;
  /** Default: 0. */
  readonly momentum?: number;
  /** Share of the gradient kept out of the momentum. Default: 0. */
  readonly dampening?: number;
  /** L2 penalty, added to the gradient. Default: 0. */
  readonly weightDecay?: number;
  /** Looks one step ahead. Default: false. */
  readonly nesterov?: boolean;
  /** Climbs instead. Default: false. */
  readonly maximize?: boolean;
}

const rule: StepRule<SgdOptions> = {
  name: "sgd",
  state: ({ momentum = 0 }) => (momentum === 0 ? {} : { momentum: 0 }),
  // The first gradient fills the momentum undampened, as in PyTorch.
  hyper: ({ lr, weightDecay = 0, momentum = 0, dampening = 0 }, step) => [
    lr,
    weightDecay,
    momentum,
    step === 1 ? 1 : 1 - dampening,
  ],
  update: (param, grad, hyper, { momentum }, { nesterov = false, maximize = false }) =>
    sgdStep(param, grad, hyper, momentum, { nesterov, maximize }),
  check: ({ momentum = 0, dampening = 0, weightDecay = 0, nesterov = false }) => {
    requireRange("sgd", { momentum, weightDecay });
    if (!nesterov || (momentum > 0 && dampening === 0)) return;
    const got = `momentum ${momentum} and dampening ${dampening}`;
    throw new ArgumentError("sgd", { rule: "nesterov must come with a momentum and no dampening", got });
  },
};

/** Stochastic gradient descent with PyTorch's options: param −= lr · (momentum of the gradient). @throws ArgumentError */
export const sgd = (targets: OptimizerTargets<SgdOptions>, options: SgdOptions): Optimizer<SgdOptions> =>
  new Optimizer(rule, targets, options);
