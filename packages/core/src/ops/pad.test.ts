import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { backward, requireGrad } from "../autograd";
import { setDevice } from "../device";
import { scope } from "../scope";
import { tensor } from "../tensor";
import { pad } from "./pad";

setDevice(openReference());

describe("pad with negative numbers", () => {
  // torch.nn.functional.pad(x, (2, -1), mode) of [1, 2, 3, 4]
  test.each([
    ["constant", [0, 0, 1, 2, 3], [1, 1, 1, 0]],
    ["reflect", [3, 2, 1, 2, 3], [1, 2, 2, 0]],
    ["replicate", [1, 1, 1, 2, 3], [3, 1, 1, 0]],
  ] as const)("%s: adds first, then takes away", async (mode, expected, gradient) => {
    using _ = scope();
    const x = requireGrad(tensor([1, 2, 3, 4]));
    const y = pad(x, [2], [-1], { mode });
    expect([...(await y.data())]).toEqual(expected);
    const grads = backward(y, { dy: tensor([1, 1, 1, 1, 1]) });
    expect([...(await grads.get(x)!.data())]).toEqual(gradient);
  });
});
