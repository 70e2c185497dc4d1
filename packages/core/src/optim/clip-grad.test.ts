import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { backward, requireGrad } from "../autograd";
import { setDevice } from "../device";
import { add, mul } from "../ops/binary";
import { sum } from "../ops/sum";
import { scope } from "../scope";
import { tensor } from "../tensor";
import { clipGradNorm, clipGradValue } from "./clip-grad";

setDevice(openReference());

describe("clipGradNorm", () => {
  test("scales all gradients by maxNorm / (norm + 1e-6) and returns the norm before", async () => {
    using _ = scope();
    const [a, b] = [requireGrad(tensor([1, 1])), requireGrad(tensor([1]))];
    const grads = backward(sum(add(mul(a, tensor([2, 3])), mul(b, 3))));
    // Gradients [2, 3] and [6]: norm 7.
    expect(await clipGradNorm(grads, 3.5).item()).toBe(7);
    const scale = 3.5 / (7 + 1e-6);
    expect([...(await grads.get(a)!.data())]).toEqual([expect.closeTo(2 * scale, 12), expect.closeTo(3 * scale, 12)]);
    expect(await grads.get(b)!.item()).toBeCloseTo(6 * scale, 12);
  });

  test("leaves small gradients as they are", async () => {
    using _ = scope();
    const x = requireGrad(tensor([1, 1]));
    const grads = backward(sum(mul(x, tensor([3, -4]))));
    expect(await clipGradNorm(grads, 100, { p: Infinity }).item()).toBe(4);
    expect([...(await grads.get(x)!.data())]).toEqual([3, -4]);
  });

  test("scales gradients that share memory once", async () => {
    using _ = scope();
    const [a, b] = [requireGrad(tensor([1])), requireGrad(tensor([1]))];
    const grads = backward(sum(add(a, b)));
    clipGradNorm(grads, 0.5, { p: 1 });
    expect(await grads.get(a)!.item()).toBeCloseTo(0.25, 6);
    expect(await grads.get(b)!.item()).toBeCloseTo(0.25, 6);
  });
});

test("clipGradValue clamps each element", async () => {
  using _ = scope();
  const x = requireGrad(tensor([1, 1, 1]));
  const grads = backward(sum(mul(x, tensor([3, -4, 0.5]))));
  clipGradValue(grads, 1);
  expect([...(await grads.get(x)!.data())]).toEqual([1, -1, 0.5]);
});
