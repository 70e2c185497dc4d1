import { cpu } from "@vertebra/backend-cpu";
import {
  adam,
  autocast,
  BatchNorm2d,
  Conv2d,
  checkpoint,
  copyInto,
  crossEntropy,
  type Device,
  Dropout,
  exp,
  flatten,
  type HalfDType,
  Linear,
  Module,
  manualSeed,
  maxPool2d,
  mul,
  noGrad,
  type Optimizer,
  ReLU,
  relu,
  rmsprop,
  Sequential,
  SiLU,
  scope,
  seedInit,
  sgd,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  withDevice,
} from "@vertebra/core";
import { lenet5 } from "@vertebra/models/lenet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { batchOf } from "../models";
import { openReference } from "../reference/index";
import { load, store } from "../reference/storage";
import { openRounded, withKernel, withWrongResult } from "../testing/devices";
import { validating } from "./validating";
import { WrongKernelError } from "./wrong-kernel-error";

/** A block that is recomputed in backward, statistics, random numbers, and a pooling. */
class Small extends Module {
  readonly block = new Sequential([new Conv2d(3, 8, { kernel: 3, padding: 1, bias: false }), new BatchNorm2d(8), new ReLU()]);
  readonly fc1 = new Linear(8 * 4 * 4, 16);
  readonly dropout = new Dropout(0.25);
  readonly fc2 = new Linear(16, 10);

  forward(x: Tensor): Tensor {
    const block = this.isTraining ? checkpoint(this.block, [x]) : this.block.forward(x);
    const hidden = relu(this.fc1.forward(flatten(maxPool2d(block, { kernel: 2 }))));
    return this.fc2.forward(this.dropout.forward(hidden));
  }
}

const make = <M extends Module>(device: Device, build: () => M): M => {
  seedInit(1);
  manualSeed(1, device);
  return withDevice(device, build);
};
const small = { name: "small", input: [4, 3, 8, 8] };
const lenet = { name: "lenet5", input: [2, 1, 32, 32] };

/** Steps of training, then logits at evaluation: all that was read, and the parameters. */
async function train(
  device: Device,
  {
    build = () => new Small() as Module,
    one = small,
    optimize = (model: Module): Optimizer => sgd(model, { lr: 0.1, momentum: 0.9 }),
  } = {},
): Promise<Float32Array[]> {
  const model = make(device, build);
  const optimizer = optimize(model);
  using _ = scope();
  try {
    const losses = [0, 1, 2].map((index) => {
      const { images, labels } = batchOf(one, device, { index });
      const loss = crossEntropy(model.forward(images), labels);
      optimizer.backwardStep(loss);
      return loss;
    });
    model.eval();
    const logits = noGrad(() => model.forward(batchOf(one, device).images));
    const read = await Promise.all([...losses, logits, ...model.parameters()].map((value) => value.data()));
    return read.map((values) => Float32Array.from(values));
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

let checker: Device;
beforeAll(async () => {
  checker = await cpu({ threads: 1 }).open();
});
afterAll(() => checker.close());

/** What `fn` throws, which must be a WrongKernelError. */
async function wrongKernel(fn: () => Promise<unknown>): Promise<WrongKernelError> {
  const error = await fn().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(WrongKernelError);
  return error as WrongKernelError;
}

/** A step of training in 16 bits. */
async function autocastStep(device: Device, dtype: HalfDType): Promise<void> {
  const model = make(device, () => new Small());
  using _ = scope();
  const { images, labels } = batchOf(small, device);
  const { grads } = valueAndGrad(model, () =>
    crossEntropy(
      autocast({ dtype }, () => model.forward(images)),
      labels,
    ),
  );
  await Promise.all(grads.tensors.map((grad) => grad.data()));
  model.dispose();
}

describe("a device that is right", () => {
  test.each([
    ["sgd with momentum", (model: Module): Optimizer => sgd(model, { lr: 0.1, momentum: 0.9, weightDecay: 0.01 })],
    ["adam", (model: Module): Optimizer => adam(model, { lr: 0.01 })],
    ["rmsprop", (model: Module): Optimizer => rmsprop(model, { lr: 0.01, momentum: 0.5 })],
  ])("trains as without validation, with %s, and is checked by the reference", async (_, optimize) => {
    const device = await cpu({ threads: 2 }).open();
    const validated = validating(await cpu({ threads: 2 }).open(), openReference());
    expect(await train(validated, { optimize })).toEqual(await train(device, { optimize }));
    expect(validated.checkedCalls).toBeGreaterThan(100);
    expect(validated.memory().buffers).toBe(device.memory().buffers);
    await Promise.all([device.close(), validated.close()]);
  });

  test("may round otherwise than the checker", async () => {
    const validated = validating(openRounded(), checker);
    await train(validated);
    expect(validated.checkedCalls).toBeGreaterThan(100);
  });

  test.each(["f16", "bf16"] as const)("is checked in %s by a checker that has f32 kernels only", async (dtype) => {
    const validated = validating({ ...openRounded(), takesHalf: () => true }, checker);
    await autocastStep(validated, dtype);
    expect(validated.checkedCalls).toBeGreaterThan(50);
  });

  test("is checked with the arguments of each call, whatever became of them before anybody waited", async () => {
    const device = validating(openRounded(), checker);
    const x = tensor([1, 2, 3], { device });
    const y = exp(x);
    x.write([4, 5, 6]);
    copyInto(x, mul(x, y));
    const z = exp(x);
    for (const each of [x, y]) each.dispose();
    await sum(z).data();
    expect(device.checkedCalls).toBe(5);
  });

  test("may take subnormal numbers for 0", async () => {
    const flushing = withWrongResult(openRounded(), "relu", (y) => y.map((value) => (Math.abs(value) < 2 ** -126 ? 0 : value)));
    const device = validating(flushing, checker);
    expect(await relu(tensor([1e-40, 1], { device })).data()).toEqual(Float32Array.of(0, 1));
  });

  test("may do as it likes with NaN and infinities if it says so", async () => {
    const finite = withWrongResult({ ...openRounded(), features: ["finite-math"] }, "exp", (y) =>
      y.map((value) => (Number.isFinite(value) ? value : 7)),
    );
    const device = validating(finite, checker);
    expect(await exp(tensor([Number.NaN, 0], { device })).data()).toEqual(Float32Array.of(7, 1));
  });
});

describe("a wrong kernel", () => {
  /** A right device but for an element of the result of `op` where its argument number `index` has `shape`. */
  const wrongFor = (op: "conv2d" | "conv2dWeightGrad" | "matmul", index: number, shape: readonly number[]): Device =>
    withKernel(openRounded(), op, (right) => (inputs, outputs, attrs) => {
      right(inputs, outputs, attrs);
      const output = outputs[0];
      if (!output || `${inputs[index]?.shape}` !== `${shape}`) return;
      store(
        output,
        load(output).map((value, i) => (i === 7 ? value + 0.01 : value)),
      );
    });
  test("is named with its layer, the element, both values and what is allowed", async () => {
    const device = validating({ ...wrongFor("conv2d", 1, [16, 6, 5, 5]), adapter: "Some GPU" }, checker);
    const model = make(device, () => lenet5());
    using _ = scope();
    const error = await wrongKernel(() => noGrad(() => model.forward(batchOf(lenet, device).images)).data());
    expect(error.message).toMatch(
      /^conv2: conv2d: wrong \(Some GPU\) must agree with the cpu, got -?[\d.]+ instead of -?[\d.]+ at \[0, 0, 0, 7\] of y \[2, 16, 10, 10\], an error of 0\.0100 where 0\.0000\d+ is allowed, from \[2, 6, 14, 14\], \[16, 6, 5, 5\], \[16\]\. Report it with this text, and use the cpu meanwhile$/,
    );
    expect(error.layer).toBe("conv2");
  });

  test("of 16 bits is held to its op's bound and one rounding", async () => {
    const wrong = { ...wrongFor("conv2d", 1, [8, 3, 3, 3]), takesHalf: () => true };
    const error = await wrongKernel(() => autocastStep(validating(wrong, checker), "f16"));
    expect(error.message).toMatch(/^block\.0: conv2d: .* of y \[4, 8, 8, 8\]/);
  });

  test.each([
    ["conv2dWeightGrad", [2, 16, 10, 10], /^conv2: conv2dWeightGrad: wrong .* at \[0, 0, 1, 2\] of dw \[16, 6, 5, 5\]/],
    ["matmul", [84, 120], /^fc2: matmul: wrong .* at \[0, 7\] of y/],
  ] as const)("of a training step is named with the layer it belongs to: %s", async (op, shape, message) => {
    const device = validating(wrongFor(op, 1, shape), checker);
    const error = await wrongKernel(() => train(device, { build: () => lenet5(), one: lenet }));
    expect(error.message).toMatch(message);
  });

  test("inside a recomputed block is named with the whole path", async () => {
    const device = validating(wrongFor("conv2dWeightGrad", 1, [4, 8, 8, 8]), checker);
    expect((await wrongKernel(() => train(device))).layer).toBe("block.0");
  });

  test("that overwrites is named with the argument", async () => {
    const wrong = withKernel(openRounded(), "sgdStep", (right) => (inputs, outputs, attrs) => {
      right(inputs, outputs, attrs);
      const momentum = inputs[3];
      if (momentum)
        store(
          momentum,
          load(momentum).map((value) => value * 1.001),
        );
    });
    const error = await wrongKernel(() => train(validating(wrong, checker)));
    expect(error.message).toMatch(/^sgdStep: .* of momentum \[10\]/);
  });

  test("that is fused is held to the composition", async () => {
    const wrong: Device = {
      ...openRounded(),
      fused: { conv2dFused: (_, [output]) => output && store(output, load(output)) },
    };
    const error = await wrongKernel(() => train(validating(wrong, checker)));
    expect(error.message).toMatch(/^block\.0: conv2dFused: .* of y \[4, 8, 8, 8\]/);
  });

  test("that joins a norm and its activation is held to the composition, and passes where it is right", async () => {
    using _ = scope();
    const run = (on: Device) => {
      const layers = make(on, () => new Sequential([new BatchNorm2d(3), new SiLU()]).eval());
      return noGrad(() => layers.forward(batchOf(small, on).images)).data();
    };
    const right = validating(checker, checker);
    await run(right);
    expect(right.checkedCalls).toBeGreaterThan(0);
    const wrong: Device = {
      ...openRounded(),
      fused: { scaleShiftFused: (_, [output]) => output && store(output, load(output)) },
    };
    const error = await wrongKernel(() => run(validating(wrong, checker)));
    expect(error.message).toMatch(/^0: scaleShiftFused: .* of y \[4, 3, 8, 8\]/);
  });

  test("that makes NaN of numbers is found on a device that need not know NaN", async () => {
    const wrong = withWrongResult({ ...openRounded(), features: ["finite-math"] }, "exp", (y) => y.map(() => Number.NaN));
    const device = validating(wrong, checker);
    const error = await wrongKernel(() => exp(tensor([1], { device })).data());
    expect(error.message).toContain("got NaN instead of 2.71");
  });

  test("isn't blamed on those behind it", async () => {
    const wrong = withWrongResult(openRounded(), "exp", (y) => y.map((value) => value + 1));
    const device = validating(wrong, checker);
    const x = tensor([1, 2], { device });
    expect((await wrongKernel(() => sum(mul(exp(mul(x, x)), x)).data())).where).toBe("exp");
    expect(device.checkedCalls).toBe(1);
  });

  test("is told to all who wait, and leaves the device usable and nothing in memory", async () => {
    const wrong = withWrongResult(openRounded(), "exp", (y) => y.map((value) => value + 1));
    const device = validating(wrong, checker);
    const before = checker.memory().buffers;
    const x = tensor([1, 2], { device });
    const buffers = device.memory().buffers;
    {
      using _ = scope();
      const y = exp(x);
      const outcomes = await Promise.allSettled([y.data(), mul(y, x).data(), device.sync()]);
      expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
      expect(await mul(x, x).data()).toEqual(Float32Array.of(1, 4));
    }
    expect([device.memory().buffers, checker.memory().buffers]).toEqual([buffers, before]);
  });
});

test("the checker must know the device's float dtype", () => {
  expect(() => validating(openReference(), checker)).toThrow(
    "validating: the checker must compute in f64, as reference does, got cpu, which has f32",
  );
});
