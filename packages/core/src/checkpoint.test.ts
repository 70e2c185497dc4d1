import { openReference } from "@vertebra/parity";
import { afterEach, describe, expect, test } from "vitest";
import { backward, grad, noGrad, requireGrad, valueAndGrad } from "./autograd";
import { checkpoint } from "./checkpoint";
import { setDevice } from "./device";
import { dropout } from "./functional/dropout";
import { manualSeed } from "./generator";
import { Tanh } from "./nn/layers/activations";
import { BatchNorm2d } from "./nn/layers/batch-norm";
import { Conv2d } from "./nn/layers/conv2d";
import { Dropout } from "./nn/layers/dropout";
import { Sequential } from "./nn/layers/sequential";
import { seedInit } from "./nn/parameter";
import { add, mul } from "./ops/binary";
import { copyInto } from "./ops/copyInto";
import { sum } from "./ops/sum";
import { exp, tanh } from "./ops/unary";
import { Philox } from "./random";
import { scope } from "./scope";
import { type Tensor, tensor } from "./tensor";

const device = openReference();
setDevice(device);
const image = () => tensor(new Philox(3).normalArray(2 * 2 * 4 * 4), { shape: [2, 2, 4, 4] });

function network(): Sequential {
  seedInit(5);
  manualSeed(9);
  const layers = [
    new Conv2d(2, 3, { kernel: 3, padding: 1 }),
    new BatchNorm2d(3),
    new Tanh(),
    new Dropout(0.5),
    new Conv2d(3, 2, { kernel: 1 }),
  ];
  return new Sequential(layers);
}

afterEach(() => manualSeed(0));

describe("checkpoint", () => {
  test("gives a module's loss, gradients and running statistics as without it, dropout included", async () => {
    using _ = scope();
    const run = async (isCheckpointed: boolean) => {
      const model = network();
      const x = requireGrad(image());
      const inner = () => (isCheckpointed ? checkpoint(model, [mul(x, 2)]) : model.forward(mul(x, 2)));
      const { value, grads } = valueAndGrad([x, ...model.parameters()], () => sum(mul(inner(), inner())));
      const tensors = [
        value,
        grads.get(x)!,
        ...model.parameters().map((p) => grads.get(p)!),
        ...model.namedBuffers().map(([, b]) => b),
      ];
      return Promise.all(tensors.map((t) => t.data()));
    };
    expect(await run(true)).toEqual(await run(false));
  });

  test("goes on with the random numbers where the first run stopped", async () => {
    using _ = scope();
    const x = requireGrad(image());
    const draw = async (isCheckpointed: boolean) => {
      manualSeed(1);
      const y = isCheckpointed ? checkpoint((v) => dropout(v), [x]) : dropout(x);
      backward(sum(y));
      return dropout(image()).data();
    };
    expect(await draw(true)).toEqual(await draw(false));
  });

  test("keeps the input alone", () => {
    using _ = scope();
    const x = requireGrad(image());
    const before = device.memory().buffers;
    const y = checkpoint((v) => exp(tanh(exp(v))), [x]);
    // The result, and the generator's state.
    expect(device.memory().buffers).toBe(before + 2);
    y.dispose();
    expect(device.memory().buffers).toBe(before);
  });

  test("an input that depends on another input is not counted twice", async () => {
    using _ = scope();
    const a = requireGrad(tensor([2, 3]));
    const b = mul(a, a);
    const y = checkpoint((p, q) => mul(p!, q!), [a, b]);
    // d(a³)/da = 3a²
    expect([...(await backward(sum(y)).get(a)!.data())]).toEqual([12, 27]);
  });

  test("a module used before its checkpoint gets both gradients", async () => {
    using _ = scope();
    const weight = requireGrad(tensor([3]));
    const scale = (v: Tensor) => mul(v, weight);
    const y = checkpoint((v) => scale(v!), [scale(tensor([2]))], [weight]);
    // d(2w²)/dw = 4w
    expect(await backward(y).get(weight)!.item()).toBe(12);
  });

  test("has a second derivative", async () => {
    using _ = scope();
    const x = requireGrad(tensor([2, -1]));
    const y = sum(checkpoint((v) => mul(mul(v!, v!), v!), [x]));
    const [first] = grad(y, [x], { createGraph: true });
    // d²(x³)/dx² = 6x
    expect([...(await grad(sum(first!), [x])[0]!.data())]).toEqual([12, -6]);
  });

  test("a parameter overwritten before backward is an error", () => {
    using _ = scope();
    const weight = requireGrad(tensor([3]));
    const y = checkpoint((v) => mul(v!, weight), [tensor([2])], [weight]);
    noGrad(() => copyInto(weight, add(weight, 1)));
    expect(() => backward(y)).toThrow("must not be overwritten before backward runs");
  });
});
