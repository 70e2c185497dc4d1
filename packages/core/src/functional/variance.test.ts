import { cpu } from "@vertebra/backend-cpu";
import { afterAll, describe, expect, test } from "vitest";
import { backward, requireGrad } from "../autograd";
import { scope } from "../scope";
import { tensor } from "../tensor";
import { std, variance } from "./variance";

// In f32, where the mean of seven equal values isn't that value.
const device = await cpu({ threads: 1 }).open();
afterAll(() => device.close());

describe("variance and std", () => {
  test("of equal values are exactly 0, whatever their mean is rounded to", async () => {
    using _ = scope();
    const x = requireGrad(tensor(Array(7).fill(-0.7123), { device }));
    const y = std(x);
    expect(await variance(x).item()).toBe(0);
    expect(await y.item()).toBe(0);
    expect([...(await backward(y).get(x)!.data())]).toEqual(Array(7).fill(0));
  });

  test("beside an infinity, the gradient of the others is infinite, as in PyTorch", async () => {
    using _ = scope();
    const x = requireGrad(tensor([Infinity, 1, 2], { device }));
    expect([...(await backward(variance(x)).get(x)!.data())]).toEqual([Number.NaN, -Infinity, -Infinity]);
  });
});
