import { createHash } from "node:crypto";
import { cpu } from "@vertebra/backend-cpu";
import {
  backward,
  Conv2d,
  chain,
  checkpoint,
  type Module,
  Philox,
  ReLU,
  SiLU,
  scope,
  seedInit,
  type Tensor,
  tensor,
  withDevice,
} from "@vertebra/core";
import { expect, test } from "vitest";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

// Where nothing wants a gradient, such a convolution runs as one kernel with its activation, which rounds differently.
test.each<[string, Module]>([
  ["ReLU", new ReLU()],
  ["SiLU", new SiLU()],
])("3×3 convolutions with %s have the same gradients under checkpointing, to the bit", async (_name, activation) => {
  const device = await cpu().open();
  using _ = scope();
  seedInit(1);
  const convs = withDevice(device, () => [1, 2].map(() => new Conv2d(32, 32, { kernel: 3, padding: 1 })));
  const x = tensor(new Philox(3).normalArray(2 * 32 * 13 * 13), { shape: [2, 32, 13, 13], device });
  const steps = convs.flatMap((conv) => [conv, activation]);
  const parameters = convs.flatMap((conv) => conv.parameters());
  const digests = async (y: Tensor) => {
    const grads = backward(y.mul(y).sum());
    const results = [y, ...parameters.map((value) => grads.get(value)!)];
    return Promise.all(results.map(async (value) => sha256(await value.bytes())));
  };
  const plain = await digests(chain(x, ...steps));
  expect(await digests(checkpoint((value) => chain(value, ...steps), [x], parameters))).toEqual(plain);
  device.close();
});
