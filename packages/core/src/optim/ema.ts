import { noGrad } from "../autograd";
import { isComputeFloat } from "../dtype";
import { ArgumentError } from "../errors";
import { zerosLike } from "../functional/creation";
import type { Module } from "../nn/module";
import { add, mul } from "../ops/binary";
import { copyInto } from "../ops/copyInto";
import { scoped, unscoped } from "../scope";
import type { Tensor } from "../tensor";

/** average = decay · average + (1 − decay) · value, in place. */
export function updateEma(average: Tensor, value: Tensor, decay: number): void {
  noGrad(() => scoped(() => copyInto(average, add(mul(average, decay), mul(value, 1 - decay)))));
}

/**
 * Exponential moving average of a model's parameters and running statistics; counters are copied. Source: Polyak & Juditsky
 * 1992; as timm's ModelEma. Call `update` after each optimizer step, `apply` before evaluating and `restore` after it.
 */
export class Ema {
  readonly decay: number;
  readonly #averages: ReadonlyMap<string, Tensor>;
  #trained: ReadonlyMap<string, Tensor> | undefined;

  /** @throws ArgumentError unless 0 ≤ decay ≤ 1. */
  constructor(
    readonly model: Module<unknown>,
    { decay = 0.999 }: { readonly decay?: number } = {},
  ) {
    if (!(decay >= 0 && decay <= 1)) throw new ArgumentError("Ema", { rule: "decay must be from 0 to 1", got: `${decay}` });
    this.decay = decay;
    this.#averages = copyState(model);
  }

  /** The averages by checkpoint name, for saving. Handles, not copies. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.#averages);
  }

  /** Moves the averages towards the model. @throws ArgumentError between `apply` and `restore`. */
  update(): void {
    this.#requireTraining("update");
    for (const [name, value] of this.model.stateDict()) {
      const average = this.#averages.get(name) as Tensor;
      if (isComputeFloat(average.dtype)) updateEma(average, value, this.decay);
      else noGrad(() => copyInto(average, value));
    }
  }

  /** Puts the averages into the model, keeping what it was trained to aside. */
  apply(): void {
    this.#requireTraining("apply");
    this.#trained = copyState(this.model);
    writeInto(this.model, this.#averages);
  }

  /** Puts the trained values back into the model. */
  restore(): void {
    const trained = this.#trained;
    if (!trained) throw new ArgumentError("Ema.restore", { rule: "apply must have been called before" });
    writeInto(this.model, trained);
    for (const value of trained.values()) value.dispose();
    this.#trained = undefined;
  }

  /** Frees the averages. */
  dispose(): void {
    for (const value of [...this.#averages.values(), ...(this.#trained?.values() ?? [])]) value.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #requireTraining(method: string): void {
    if (!this.#trained) return;
    throw new ArgumentError(`Ema.${method}`, {
      rule: "the model must hold its own values, not the averages",
      fix: "Call restore() first",
    });
  }
}

const copyState = (model: Module<unknown>): Map<string, Tensor> =>
  noGrad(() => unscoped(() => new Map([...model.stateDict()].map(([name, value]) => [name, copyOf(value)]))));

function writeInto(model: Module<unknown>, values: ReadonlyMap<string, Tensor>): void {
  noGrad(() => {
    for (const [name, value] of model.stateDict()) copyInto(value, values.get(name) as Tensor);
  });
}

/** A tensor of the same values with memory of its own. */
function copyOf(x: Tensor): Tensor {
  const copy = zerosLike(x);
  copyInto(copy, x);
  return copy;
}
