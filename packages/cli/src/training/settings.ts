import {
  adagrad,
  adam,
  adamW,
  constantLr,
  cosineLr,
  exponentialLr,
  type Module,
  type Optimizer,
  oneCycleLr,
  polynomialLr,
  rmsprop,
  type Schedule,
  sgd,
  stepLr,
  withWarmup,
} from "@vertebra/core";
import type { OPTIMIZERS, OptionsOf, SCHEDULES } from "../options";
import type { PrecisionName } from "../precision";
import { UsageError } from "../usage-error";

/** What decides the trained model, apart from the images. Kept in checkpoints. */
export interface TrainingSettings {
  readonly data: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: (typeof OPTIMIZERS)[number];
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly schedule: (typeof SCHEDULES)[number];
  readonly warmup: number;
  readonly seed: number;
  /** Images used; null: all. */
  readonly limit: number | null;
  readonly precision: PrecisionName;
}

type OptimizerName = TrainingSettings["optimizer"];
type Rates = Pick<TrainingSettings, "lr" | "momentum" | "weightDecay">;

interface OptimizerRow {
  readonly defaults: Rates;
  readonly make: (model: Module, rates: Rates) => Optimizer;
}

const ROWS: { readonly [K in OptimizerName]: OptimizerRow } = {
  sgd: { defaults: { lr: 0.03, momentum: 0.9, weightDecay: 5e-4 }, make: (model, rates) => sgd(model, rates) as Optimizer },
  adam: {
    defaults: { lr: 0.003, momentum: 0, weightDecay: 0 },
    make: (model, { lr, weightDecay }) => adam(model, { lr, weightDecay }) as Optimizer,
  },
  adamw: {
    defaults: { lr: 0.003, momentum: 0, weightDecay: 0.01 },
    make: (model, { lr, weightDecay }) => adamW(model, { lr, weightDecay }) as Optimizer,
  },
  rmsprop: { defaults: { lr: 0.001, momentum: 0, weightDecay: 0 }, make: (model, rates) => rmsprop(model, rates) as Optimizer },
  adagrad: {
    defaults: { lr: 0.01, momentum: 0, weightDecay: 0 },
    make: (model, { lr, weightDecay }) => adagrad(model, { lr, weightDecay }) as Optimizer,
  },
};

/** The given options, with defaults for the others. @throws UsageError for options that would have no effect together. */
export function settingsOf(options: OptionsOf<"train">): TrainingSettings {
  const optimizer = options.optimizer ?? "sgd";
  requireEffect(options, optimizer);
  const { defaults } = ROWS[optimizer];
  return {
    data: options.data ?? "mnist",
    epochs: options.epochs ?? 10,
    batchSize: options.batchSize ?? 64,
    optimizer,
    lr: options.lr ?? defaults.lr,
    momentum: options.momentum ?? defaults.momentum,
    weightDecay: options.weightDecay ?? defaults.weightDecay,
    schedule: options.schedule ?? "one-cycle",
    warmup: options.warmup ?? 0,
    seed: options.seed ?? 0,
    limit: options.limit ?? null,
    precision: options.precision ?? "f32",
  };
}

function requireEffect({ momentum, schedule = "one-cycle", warmup }: OptionsOf<"train">, optimizer: OptimizerName): void {
  const where = "vertebra train";
  if (momentum !== undefined && optimizer !== "sgd" && optimizer !== "rmsprop") {
    throw new UsageError(where, {
      rule: "--momentum belongs to sgd and rmsprop",
      got: `--optimizer ${optimizer}`,
      fix: "Leave it out",
    });
  }
  if (warmup !== undefined && schedule === "one-cycle") {
    const fix = "Choose another --schedule, such as cosine";
    throw new UsageError(where, {
      rule: "--warmup must stand in front of a schedule that has none of its own",
      got: `one-cycle`,
      fix,
    });
  }
}

export const makeOptimizer = (model: Module, settings: TrainingSettings): Optimizer =>
  ROWS[settings.optimizer].make(model, settings);

/** The learning rate of each step, from 0 on: a pure function, so resuming needs no state of it. */
export function scheduleOf({ schedule, lr, epochs, warmup }: TrainingSettings, stepsPerEpoch: number): Schedule {
  // One cycle counts steps, the others epochs and fractions of them.
  if (schedule === "one-cycle") return oneCycleLr({ maxLr: lr, steps: Math.max(2, epochs * stepsPerEpoch) });
  const rest = Math.max(1 / stepsPerEpoch, epochs - warmup);
  const byName: Record<Exclude<TrainingSettings["schedule"], "one-cycle">, () => Schedule> = {
    constant: () => constantLr({ lr }),
    cosine: () => cosineLr({ lr, epochs: rest }),
    step: () => stepLr({ lr, stepSize: Math.max(1, Math.floor(epochs / 3)) }),
    exponential: () => exponentialLr({ lr, gamma: 0.9 }),
    polynomial: () => polynomialLr({ lr, epochs: rest }),
  };
  const byEpoch = withWarmup(byName[schedule](), { epochs: warmup });
  return (step) => byEpoch(step / stepsPerEpoch);
}
