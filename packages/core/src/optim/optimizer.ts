import { backward, type Gradients, noGrad, type Trainable } from "../autograd";
import { eachReplay } from "../each-replay";
import { ArgumentError } from "../errors";
import { full } from "../functional/creation";
import type { StateSource, StateValue } from "../nn/state-dict";
import { scoped, unscoped } from "../scope";
import type { TapeEntry } from "../tape";
import { Tensor } from "../tensor";
import { readState, writeState } from "./optimizer-state";
import { requireRange } from "./schedules";

/** Options every optimizer has. */
export interface StepOptions {
  /** Learning rate. */
  readonly lr: number;
}

/** How one kind of optimizer works: what it keeps per parameter and what one step does with it. */
export interface StepRule<Options extends StepOptions> {
  readonly name: string;
  /** Tensors kept per parameter, by name, with what they start from. */
  readonly state: (options: Options) => Readonly<Record<string, number>>;
  /** The numbers that change from step to step, in the step op's order; `step` counts from 1, `round` is the device's float. */
  readonly hyper: (options: Options, step: number, round: (value: number) => number) => readonly number[];
  readonly update: (
    param: Tensor,
    grad: Tensor,
    hyper: Tensor,
    state: Readonly<Record<string, Tensor>>,
    options: Options,
  ) => void;
  /** @throws ArgumentError naming the option that is out of range. */
  readonly check: (options: Options) => void;
}

/** Parameters with options of their own; options left out are the optimizer's. */
export type ParameterGroup<Options> = Partial<Options> & { readonly params: Trainable };

/** What an optimizer trains: a module, tensors, or groups of these. */
export type OptimizerTargets<Options> = Trainable | readonly ParameterGroup<Options>[];

/** A parameter and what belongs to it. */
export interface TrainedParameter {
  readonly param: Tensor;
  state: Readonly<Record<string, Tensor>> | undefined;
  /** Steps taken so far: those without a gradient don't count. */
  steps: number;
}

/** A group while training. */
export interface ActiveGroup {
  /** May be set at any time. */
  lr: number;
  readonly parameters: readonly TrainedParameter[];
}

interface Group<Options> extends ActiveGroup {
  readonly options: Options;
  /** The step op's numbers on the device, one tensor for each count of steps among the parameters: nearly always one. */
  readonly hypers: Tensor[];
}

/** Trains parameters in place by the rule of one algorithm. Make one with `sgd`, `adam`, `adamW`, `rmsprop` or `adagrad`. */
export class Optimizer<Options extends StepOptions = StepOptions> {
  readonly #groups: readonly Group<Options>[];

  /** @throws ArgumentError for options out of range, or a parameter in two groups. */
  constructor(
    readonly rule: StepRule<Options>,
    targets: OptimizerTargets<Options>,
    options: Options,
  ) {
    this.#groups = toGroups(targets).map((group) => toGroup(rule, group.params, { ...options, ...group }));
    const all = this.#groups.flatMap(({ parameters }) => parameters.map(({ param }) => param));
    if (all.length === 0) throw new ArgumentError(rule.name, { rule: "there must be a parameter to train", got: "none" });
    if (new Set(all).size === all.length) return;
    throw new ArgumentError(rule.name, { rule: "a parameter must be in one group only", got: "one in two" });
  }

  get groups(): readonly ActiveGroup[] {
    return this.#groups;
  }

  /** Learning rate of the first group. Setting it keeps the ratios that the groups began with. */
  get lr(): number {
    return (this.#groups[0] as Group<Options>).lr;
  }

  set lr(value: number) {
    requireRange(this.rule.name, { lr: value });
    const base = (this.#groups[0] as Group<Options>).options.lr;
    for (const group of this.#groups) group.lr = base > 0 ? (value * group.options.lr) / base : value;
  }

  /** One step for all parameters that have a gradient. */
  step(grads: Pick<Gradients, "get">): void {
    noGrad(() =>
      scoped(() => {
        const update = this.#beginStep();
        for (const group of this.#groups) {
          for (const entry of group.parameters) {
            const grad = grads.get(entry.param);
            if (grad) update(group, entry, grad);
          }
        }
      }),
    );
  }

  /**
   * Backward through a one-element loss with a step inside: each parameter is updated as soon as its gradient is complete,
   * and the gradient freed. The same numbers as `step(backward(loss))` in less memory, for steps that needn't see all
   * gradients first, as clipping by their norm must.
   * @returns gradients of leaves that aren't this optimizer's.
   */
  backwardStep(loss: Tensor): Gradients {
    const owners = new Map<TapeEntry | undefined, [Group<Options>, TrainedParameter]>();
    for (const group of this.#groups) for (const entry of group.parameters) owners.set(entry.param.tape, [group, entry]);
    const update = this.#beginStep();
    return backward(loss, {
      consume: (leaf, grad) => {
        const owner = owners.get(leaf);
        if (owner) noGrad(() => update(...owner, grad));
        return owner !== undefined;
      },
    });
  }

  /** State as host arrays by name, for a checkpoint that resumes bit-identically: `0.momentum`, `0.steps`, `group.0.lr`. Waits for the device. */
  stateDict(): Promise<Map<string, StateValue>> {
    return readState(this.#groups);
  }

  /** Takes over a `stateDict()` of the same optimizer over the same parameters. @throws StateDictError listing all that doesn't fit. */
  loadStateDict(source: StateSource): void {
    const { name, state } = this.rule;
    const initialOf = (group: ActiveGroup) => state((group as Group<Options>).options);
    writeState(
      name,
      this.#groups,
      source,
      (group) => Object.keys(initialOf(group)),
      (group, { param }) => newState(param, initialOf(group)),
    );
  }

  /** Frees the state; the parameters stay. */
  dispose(): void {
    for (const { parameters, hypers } of this.#groups) {
      for (const hyper of hypers.splice(0)) hyper.dispose();
      for (const entry of parameters) {
        for (const value of Object.values(entry.state ?? {})) value.dispose();
        entry.state = undefined;
        entry.steps = 0;
      }
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A function that updates one parameter; the numbers of the step are written when first needed. */
  #beginStep(): (group: Group<Options>, entry: TrainedParameter, grad: Tensor) => void {
    const written = new Map(this.#groups.map((group) => [group, new Map<number, Tensor>()]));
    return (group, entry, grad) => {
      const options = { ...group.options, lr: group.lr };
      const hypers = written.get(group) as Map<number, Tensor>;
      const step = entry.steps + 1;
      const hyper = hypers.get(step) ?? this.#writeHyper(group, hypers.size, entry);
      hypers.set(step, hyper);
      entry.state ??= newState(entry.param, this.rule.state(options));
      eachReplay(entry.param.device, () => entry.steps++);
      this.rule.update(entry.param, grad, hyper, entry.state, options);
    };
  }

  /** The numbers of the step that `entry` is about to take, written into the same tensor each time, so that a recorded step sees them change. */
  #writeHyper(group: Group<Options>, index: number, entry: TrainedParameter): Tensor {
    const { device, dtype } = entry.param;
    const round = dtype === "f32" ? Math.fround : (value: number) => value;
    const values = () => this.rule.hyper({ ...group.options, lr: group.lr }, entry.steps + 1, round);
    const spec = { shape: [values().length], dtype };
    const hyper = (group.hypers[index] ??= unscoped(() => Tensor.lazy(spec, device, () => new Float32Array())));
    eachReplay(device, () => hyper.write(values()));
    return hyper;
  }
}

const isGroup = <Options>(target: Tensor | ParameterGroup<Options>): target is ParameterGroup<Options> =>
  !(target instanceof Tensor);

function toGroups<Options>(targets: OptimizerTargets<Options>): readonly ParameterGroup<Options>[] {
  if ("parameters" in targets) return [{ params: targets } as ParameterGroup<Options>];
  const list = targets as readonly (Tensor | ParameterGroup<Options>)[];
  return list.every(isGroup) ? list : [{ params: list as readonly Tensor[] } as ParameterGroup<Options>];
}

function toGroup<Options extends StepOptions>(rule: StepRule<Options>, params: Trainable, options: Options): Group<Options> {
  requireRange(rule.name, { lr: options.lr });
  rule.check(options);
  const tensors = "parameters" in params ? params.parameters() : params;
  return { lr: options.lr, options, hypers: [], parameters: tensors.map((param) => ({ param, state: undefined, steps: 0 })) };
}

const newState = (param: Tensor, initial: Readonly<Record<string, number>>): Record<string, Tensor> =>
  unscoped(() => Object.fromEntries(Object.entries(initial).map(([name, value]) => [name, full(param.shape, value, param)])));
