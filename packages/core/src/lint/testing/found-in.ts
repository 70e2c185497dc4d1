import { openMeta } from "../../backends/meta";
import { withDevice } from "../../device";
import { Module } from "../../nn/module";
import type { Shape } from "../../shape";
import type { Tensor } from "../../tensor";
import { type LintFinding, lint } from "../lint";
import type { LintRuleName } from "../rules/index";

/** What one rule says about a model built on the meta device. */
export const foundIn = (build: () => Module<unknown>, inputShape: Shape, rule: LintRuleName): readonly LintFinding[] =>
  lint(withDevice(openMeta(), build), inputShape, { rules: [rule] }).findings;

/** A model from layers by name and what its forward does with them. */
export class Net<L extends Record<string, Module<unknown>>, Output = Tensor> extends Module<Output> {
  readonly #run: (x: Tensor, layers: L) => Output;
  readonly #layers: L;

  constructor(layers: L, run: (x: Tensor, layers: L) => Output) {
    super();
    Object.assign(this, layers);
    this.#layers = layers;
    this.#run = run;
  }

  forward(x: Tensor): Output {
    return this.#run(x, this.#layers);
  }
}
