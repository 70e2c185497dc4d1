import { cpu } from "@vertebra/backend-cpu";
import { afterAll, describe, expect, it } from "vitest";
import { autocast } from "./autocast";
import { backward, requireGrad, valueAndGrad } from "./autograd";
import { checkpoint } from "./checkpoint";
import { setDevice } from "./device";
import type { HalfDType } from "./dtype";
import { crossEntropy } from "./functional/crossEntropy";
import { ReLU } from "./nn/layers/activations";
import { BatchNorm2d } from "./nn/layers/batch-norm";
import { Conv2d } from "./nn/layers/conv2d";
import { Flatten } from "./nn/layers/flatten";
import { Linear } from "./nn/layers/linear";
import { Sequential } from "./nn/layers/sequential";
import { observe } from "./observe";
import { add, mul } from "./ops/binary";
import { conv2d } from "./ops/conv2d";
import { matmul } from "./ops/matmul";
import { softmax } from "./ops/softmax";
import { sum } from "./ops/sum";
import { exp } from "./ops/unary";
import { Philox } from "./random";
import { type Tensor, tensor } from "./tensor";

const device = await cpu({ threads: 1 }).open();
setDevice(device);
afterAll(() => device.close());

const random = new Philox(1);
const normal = (...shape: number[]): Tensor =>
  tensor(random.normalArray(shape.reduce((product, size) => product * size, 1)), { shape, device });

describe.each(["f16", "bf16"] as const)("autocast to %s", (dtype: HalfDType) => {
  const half = <T>(fn: () => T): T => autocast({ dtype }, fn);

  it("multiplies matrices and convolves in 16 bits, rounding f32 results once", async () => {
    const [a, b] = [normal(5, 30), normal(30, 4)];
    const product = half(() => matmul(a, b));
    expect(product.dtype).toBe(dtype);
    const [low, lower] = [a.toDtype(dtype).toDtype("f32"), b.toDtype(dtype).toDtype("f32")];
    expect(await product.data()).toEqual(await matmul(low, lower).toDtype(dtype).data());
    expect(half(() => conv2d(normal(1, 2, 5, 5), normal(3, 2, 3, 3))).dtype).toBe(dtype);
  });

  it("keeps f32 where the range is needed, and else takes the widest argument's dtype", () => {
    const [wide, low] = [normal(4), normal(4).toDtype(dtype)];
    const dtypes = half(() => [softmax(low), exp(low), sum(low), add(low, wide), add(low, low), mul(low, 2)]).map((y) => y.dtype);
    expect(dtypes).toEqual(["f32", "f32", "f32", "f32", dtype, dtype]);
  });

  it("gives parameters f32 gradients near those of f32, by backward inside or outside", async () => {
    const model = new Sequential([
      new Conv2d(3, 8, { kernel: 3 }),
      new BatchNorm2d(8),
      new ReLU(),
      new Flatten(),
      new Linear(8 * 16, 5),
    ]);
    const [images, labels] = [normal(4, 3, 6, 6), tensor([0, 1, 2, 3], { dtype: "i32", device })];
    const loss = () => crossEntropy(model.forward(images), labels);
    const exact = valueAndGrad(model, loss).grads;
    const outside = valueAndGrad(model, () => half(loss)).grads;
    const inside = half(() => valueAndGrad(model, loss)).grads;
    for (const parameter of model.parameters()) {
      const [expected, actual, other] = [exact, outside, inside].map((grads) => grads.get(parameter) as Tensor);
      expect(actual?.dtype).toBe("f32");
      expect(await other?.data()).toEqual(await actual?.data());
      const [values, near] = [(await expected?.data()) as Float32Array, (await actual?.data()) as Float32Array];
      const size = Math.sqrt(values.reduce((total, value) => total + value * value, 0) / values.length);
      const error = Math.sqrt(values.reduce((total, value, i) => total + (value - (near[i] as number)) ** 2, 0) / values.length);
      // A convolution's bias before a norm has no gradient but rounding.
      if (size > 1e-6) expect(error / size).toBeLessThan(dtype === "f16" ? 0.01 : 0.08);
    }
  });

  it("hands maps of 16 bits from layer to layer, and norms compute with f32 by channel", () => {
    const model = new Sequential([new Conv2d(3, 4, { kernel: 3 }), new BatchNorm2d(4), new ReLU()]);
    const seen: string[] = [];
    observe(
      ({ op, inputs, outputs }) => {
        if (/batchNorm|relu/.test(op)) seen.push(`${op} ${inputs.map((one) => one.dtype)} → ${outputs.map((one) => one.dtype)}`);
      },
      () => half(() => model.forward(normal(2, 3, 6, 6))),
    );
    expect(seen).toEqual([`batchNormTrain ${dtype},f32,f32 → ${dtype},f32,f32`, `relu ${dtype} → ${dtype}`]);
  });

  it("converts a parameter once at evaluation, until it changes", async () => {
    const layer = new Linear(6, 3);
    for (const parameter of layer.parameters()) parameter.tape = undefined;
    const x = normal(2, 6);
    const casts = () => {
      let count = 0;
      observe(
        ({ op, inputs }) => {
          if (op === "toDtype" && inputs[0]?.shape.join() === "3,6") count++;
        },
        () => half(() => layer.forward(x)),
      );
      return count;
    };
    expect([casts(), casts()]).toEqual([1, 0]);
    layer.weight.write(new Float32Array(18).fill(2));
    expect([casts(), casts()]).toEqual([1, 0]);
    const before = device.memory().buffers;
    layer.dispose();
    expect(before - device.memory().buffers).toBe(3);
  });

  it("recomputes checkpointed parts in the same dtypes", async () => {
    const layer = new Linear(6, 3);
    const x = normal(2, 6);
    const plain = valueAndGrad(layer, () => half(() => sum(layer.forward(x)))).grads;
    const kept = valueAndGrad(layer, () => half(() => sum(checkpoint(layer, [x])))).grads;
    for (const parameter of layer.parameters())
      expect(await kept.get(parameter)?.data()).toEqual(await plain.get(parameter)?.data());
  });
});

describe("ops on 16 bits", () => {
  it("have gradients of 16 bits for leaves of 16 bits", async () => {
    const x = requireGrad(normal(3).toDtype("f16"));
    const grad = backward(sum(mul(x, x))).get(x) as Tensor;
    expect(grad.dtype).toBe("f16");
    expect(await grad.data()).toEqual((await x.data()).map((value) => 2 * value));
  });

  it("refuse arguments of several dtypes outside of autocast", () => {
    expect(() => add(normal(2), normal(2).toDtype("f16"))).toThrow("add: a, b must have one dtype, got a f32, b f16");
  });

  it("leave no memory behind", () => {
    const before = device.memory().buffers;
    const x = normal(3).toDtype("f16");
    const y = softmax(x);
    expect(device.memory().buffers - before).toBe(3);
    y.dispose();
  });
});

describe("autocast", () => {
  it("refuses other dtypes and asynchronous functions", () => {
    expect(() => autocast({ dtype: "f32" as "f16" }, () => 0)).toThrow("autocast: dtype must be f16 or bf16, got f32");
    expect(() => autocast({ dtype: "f16" }, async () => 0)).toThrow("autocast: fn must be synchronous, got a promise");
  });
});
