import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { backward, requireGrad } from "../autograd";
import { setDevice } from "../device";
import { scope } from "../scope";
import { tensor } from "../tensor";
import { norm } from "./norm";

setDevice(openReference());

describe("norms of an order below 0", () => {
  // torch.norm(x, p, dim=1) of PyTorch 1.13, fed with ones.
  test.each([-1, -2])("%i: a zero makes the norm 0 and takes no gradient", async (p) => {
    using _ = scope();
    const rows = [
      [0, 0, 0],
      [0, 1, -2],
    ];
    const x = requireGrad(tensor(rows));
    const y = norm(x, { p, axes: 1 });
    const grads = backward(y, { dy: tensor([1, 1]) });
    expect([...(await y.data())]).toEqual([0, 0]);
    expect([...(await grads.get(x)!.data())].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
