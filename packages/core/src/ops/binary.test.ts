import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { backward, requireGrad } from "../autograd";
import { setDevice } from "../device";
import { scope } from "../scope";
import { tensor } from "../tensor";
import { maximum, minimum, pow } from "./binary";

setDevice(openReference());

describe("gradients of maximum and minimum", () => {
  // PyTorch 1.13: torch.maximum and torch.minimum of these, fed with ones.
  test.each([
    { op: maximum, name: "maximum", ofA: [0, 1, 0.5, 1, 1], ofB: [1, 0, 0.5, 1, 1] },
    { op: minimum, name: "minimum", ofA: [1, 0, 0.5, 1, 1], ofB: [0, 1, 0.5, 1, 1] },
  ])("$name: ties share, and NaN takes nothing from what is beside it", async ({ op, ofA, ofB }) => {
    using _ = scope();
    const a = requireGrad(tensor([1, 2, 3, Number.NaN, 4]));
    const b = requireGrad(tensor([2, 1, 3, 4, Number.NaN]));
    const grads = backward(op(a, b), { dy: tensor([1, 1, 1, 1, 1]) });
    expect([...(await grads.get(a)!.data())]).toEqual(ofA);
    expect([...(await grads.get(b)!.data())]).toEqual(ofB);
  });
});

describe("pow", () => {
  test("takes a square root for the exponent 1/2, NaN at −∞ as in PyTorch", async () => {
    using _ = scope();
    const x = requireGrad(tensor([4, -Infinity, 0]));
    const y = pow(x, 0.5);
    expect([...(await y.data())]).toEqual([2, Number.NaN, 0]);
    const grads = backward(y, { dy: tensor([1, 1, 1]) });
    expect([...(await grads.get(x)!.data())]).toEqual([0.25, Number.NaN, Infinity]);
  });
});
