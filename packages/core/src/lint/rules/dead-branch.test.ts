import { describe, expect, test } from "vitest";
import { ReLU } from "../../nn/layers/activations";
import { BatchNorm2d } from "../../nn/layers/batch-norm";
import { Conv2d } from "../../nn/layers/conv2d";
import { Linear } from "../../nn/layers/linear";
import { Sequential } from "../../nn/layers/sequential";
import { Module } from "../../nn/module";
import { add } from "../../ops/binary";
import { relu } from "../../ops/unary";
import type { Tensor } from "../../tensor";
import { foundIn, Net } from "../testing/found-in";

/** Two branches, of which the second is called and perhaps forgotten. */
const twoBranches = (isForgotten: boolean) => () => {
  const branch = () => new Sequential([new Conv2d(3, 3, { kernel: 1, bias: false }), new BatchNorm2d(3), new ReLU()]);
  return new Net({ left: branch(), right: branch() }, (x, { left, right }) => {
    const [a, b] = [left.forward(x), right.forward(x)];
    return isForgotten ? relu(a) : add(a, b);
  });
};

class BothHeads extends Module<Tensor> {
  readonly main = new Linear(3, 2);
  readonly auxiliary = new Linear(3, 2);

  forward(x: Tensor): Tensor {
    const [main, auxiliary] = [this.main.forward(x), this.auxiliary.forward(x)];
    return this.isTraining ? add(main, auxiliary) : main;
  }
}

describe("dead-branch", () => {
  test("a branch whose result is dropped is found, with what it would have learned", () => {
    const findings = foundIn(twoBranches(true), [1, 3, 4, 4], "dead-branch");
    expect(findings).toMatchObject([
      { path: "right", severity: "warning", message: "the result is dropped, with 15 parameters" },
    ]);
  });

  test("its parameters aren't reported a second time as unused", () => {
    expect(foundIn(twoBranches(true), [1, 3, 4, 4], "unused-parameter")).toEqual([]);
  });

  test("branches that meet are alive", () => {
    expect(foundIn(twoBranches(false), [1, 3, 4, 4], "dead-branch")).toEqual([]);
  });

  test("a head that only training uses is a note at evaluation", () => {
    const findings = foundIn(() => new BothHeads(), [1, 3], "dead-branch");
    expect(findings).toMatchObject([{ path: "auxiliary", severity: "note" }]);
  });

  test("a call in the model's own forward has the op's name", () => {
    const forgetful = () =>
      new Net({ fc: new Linear(3, 3) }, (x, { fc }) => {
        const y = fc.forward(x);
        relu(y);
        return y;
      });
    expect(foundIn(forgetful, [1, 3], "dead-branch")).toMatchObject([{ path: "", message: "the result of relu is dropped" }]);
  });
});
