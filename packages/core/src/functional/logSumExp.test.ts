import { cpu } from "@vertebra/backend-cpu";
import { afterAll, describe, expect, test } from "vitest";
import { backward, requireGrad } from "../autograd";
import { scope } from "../scope";
import { tensor } from "../tensor";
import { logSumExp } from "./logSumExp";

const device = await cpu({ threads: 1 }).open();
afterAll(() => device.close());
const { fround, exp, LN2 } = Math;

describe("the gradient of logSumExp", () => {
  test("is e^(x − y) with y as it was rounded, as in PyTorch", async () => {
    using _ = scope();
    const x = requireGrad(tensor([1000, 1000], { device }));
    const y = logSumExp(x);
    const share = exp(1000 - fround(1000 + LN2));
    expect([...(await backward(y).get(x)!.data())]).toEqual([expect.closeTo(share, 7), expect.closeTo(share, 7)]);
  });

  test("is 0 where all are −∞, and for what is beside ∞", async () => {
    using _ = scope();
    const x = requireGrad(
      tensor(
        [
          [-Infinity, -Infinity],
          [Infinity, 1],
        ],
        { device },
      ),
    );
    const y = logSumExp(x, { axes: 1 });
    expect([...(await y.data())]).toEqual([-Infinity, Infinity]);
    const grads = backward(y, { dy: tensor([1, 1], { device }) });
    expect([...(await grads.get(x)!.data())]).toEqual([0, 0, Number.NaN, 0]);
  });
});
