import { openReference } from "@vertebra/parity";
import { expect, test } from "vitest";
import { backward } from "./autograd";
import { checkpoint } from "./checkpoint";
import { setDevice } from "./device";
import { ReLU } from "./nn/layers/activations";
import { Conv2d } from "./nn/layers/conv2d";
import { Sequential } from "./nn/layers/sequential";
import { Module } from "./nn/module";
import { observe } from "./observe";
import { sum } from "./ops/sum";
import { scope } from "./scope";
import { type Tensor, tensor } from "./tensor";

setDevice(openReference());

class Network extends Module {
  readonly block = new Sequential([new Conv2d(1, 2, { kernel: 3 }), new ReLU()]);

  constructor(readonly isCheckpointed: boolean) {
    super();
  }

  forward(x: Tensor): Tensor {
    return this.isCheckpointed ? checkpoint(this.block, [x]) : this.block.forward(x);
  }
}

test.each([false, true])("backward of a layer is told as the layer's (recomputed: %s)", (isCheckpointed) => {
  using _ = scope();
  const loss = sum(new Network(isCheckpointed).forward(tensor(new Float32Array(16).fill(1), { shape: [1, 1, 4, 4] })));
  const layers = new Map<string, string>();
  observe(
    ({ op, layer }) => layers.set(op, layer),
    () => backward(loss),
  );
  expect(layers.get("conv2dWeightGrad")).toBe("block.0");
  expect(layers.get("reluGrad")).toBe("block.1");
  expect(layers.get("conv2d")).toBe(isCheckpointed ? "block.0" : undefined);
  // The loss stands outside of the model.
  expect(layers.get("expand")).toBe("");
});
