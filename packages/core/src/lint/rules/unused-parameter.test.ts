import { describe, expect, test } from "vitest";
import { openMeta } from "../../backends/meta";
import { withDevice } from "../../device";
import { BatchNorm2d } from "../../nn/layers/batch-norm";
import { Conv2d } from "../../nn/layers/conv2d";
import { Linear } from "../../nn/layers/linear";
import { Sequential } from "../../nn/layers/sequential";
import { Module } from "../../nn/module";
import { add } from "../../ops/binary";
import { relu } from "../../ops/unary";
import type { Tensor } from "../../tensor";
import { lint } from "../lint";
import { foundIn, Net } from "../testing/found-in";

/** A residual block that owns a 1×1 shortcut of 4·4 weights and a norm of 2·4, used or not. */
const block = (usesShortcut: boolean) => {
  const layers = {
    conv: new Conv2d(4, 4, { kernel: 3, padding: 1, bias: false }),
    shortcut: new Sequential([new Conv2d(4, 4, { kernel: 1, bias: false }), new BatchNorm2d(4)]),
  };
  return new Net(layers, (x, { conv, shortcut }) => relu(add(conv.forward(x), usesShortcut ? shortcut.forward(x) : x)));
};

class WithAuxiliary extends Module<{ logits: Tensor; auxiliary?: Tensor }> {
  readonly main = new Linear(3, 2);
  readonly auxiliary = new Linear(3, 2);

  forward(x: Tensor) {
    const logits = this.main.forward(x);
    return this.isTraining ? { logits, auxiliary: this.auxiliary.forward(x) } : { logits };
  }
}

describe("unused-parameter", () => {
  test("a shortcut that every block owns and none calls is named and counted", () => {
    const model = withDevice(openMeta(), () => new Sequential([block(false), block(true), block(false)]));
    const { findings, unusedParams } = lint(model, [1, 4, 8, 8], { rules: ["unused-parameter"] });
    expect(findings.map(({ path, severity, message }) => [path, severity, message])).toEqual([
      ["0.shortcut", "warning", "24 parameters that never reach the output: never called"],
      ["2.shortcut", "warning", "24 parameters that never reach the output: never called"],
    ]);
    expect(unusedParams).toBe(48);
  });

  test("a network that uses all it owns has none", () => {
    expect(foundIn(() => block(true), [1, 4, 8, 8], "unused-parameter")).toEqual([]);
  });

  test("a head that runs in training only is used", () => {
    expect(foundIn(() => new WithAuxiliary(), [1, 3], "unused-parameter")).toEqual([]);
  });

  test("a head that a training method of its own calls is used once lint knows of the method", () => {
    const model = withDevice(
      openMeta(),
      () => new Net({ main: new Linear(3, 2), auxiliary: new Linear(3, 2) }, (x, { main }) => main.forward(x)),
    );
    const [, auxiliary] = model.namedChildren()[1] as [string, Linear];
    const rules = ["unused-parameter"] as const;
    expect(lint(model, [1, 3], { rules }).findings).toMatchObject([{ path: "auxiliary" }]);
    const trainingForward = (x: Tensor) => ({ logits: model.forward(x), others: [auxiliary.forward(x)] });
    expect(lint(model, [1, 3], { rules, trainingForward }).findings).toEqual([]);
  });

  test("a weight held twice is used if one of the two places is", () => {
    const tied = () => {
      const [first, second] = [new Linear(3, 3), new Linear(3, 3, { bias: false })];
      second.weight = first.weight;
      return new Net({ first, second }, (x, layers) => layers.first.forward(x));
    };
    expect(foundIn(tied, [1, 3], "unused-parameter")).toEqual([]);
  });

  test("the way through detach and reshape counts", () => {
    const detached = () => new Net({ fc: new Linear(3, 4) }, (x, { fc }) => fc.forward(x).detach().reshape([2, 2]));
    expect(foundIn(detached, [1, 3], "unused-parameter")).toEqual([]);
  });
});
