import {
  ArgumentError,
  adam,
  add,
  copyInto,
  crossEntropy,
  type Device,
  DeviceError,
  dropout,
  LifetimeError,
  manualSeed,
  mul,
  noGrad,
  relu,
  Scope,
  seedInit,
  sgd,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { createModel, findModel } from "@vertebra/models";
import { openReference } from "@vertebra/parity";
import { afterAll, describe, expect, test } from "vitest";
import type { CudaDevice } from "./device";
import { countsOf, cuda, type Recording, record } from "./index";
import { collectGarbage } from "./testing/collect-garbage";
import { digestOf } from "./testing/digest";
import { openForTests } from "./testing/open-device";

const { device: opened, reason } = await openForTests();
const device = opened as Device;
const OPTIONS = { lr: 0.05, weightDecay: 1e-3 };
const ignore = () => undefined;
const wave = (count: number, seed = 0): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + seed));

interface Training {
  readonly name: string;
  readonly optimizerOf: typeof sgd | typeof adam;
  readonly steps: number;
}

describe.skipIf(!opened)(`recordings on ${opened?.adapter ?? reason}`, () => {
  afterAll(() => device.close());

  /** Runs `fn` with a scope of its own. */
  const inScope = async (fn: () => Promise<void>): Promise<void> => {
    const scope = new Scope(undefined);
    try {
      await scope.run(fn);
    } finally {
      scope.end();
    }
  };
  const made = (values: readonly number[]): Tensor => tensor(values, { device });
  const valuesOf = async (x: Tensor): Promise<number[]> => [...(await x.data())];

  test("replayed, do the same with what their inputs hold by then", () =>
    inScope(async () => {
      const x = made([1, 2]);
      const recording = record(device, () => mul(add(x, 1), 10));
      expect(await valuesOf(recording.result)).toEqual([20, 30]);
      copyInto(x, made([5, 6]));
      recording.replay();
      expect(await valuesOf(recording.result)).toEqual([60, 70]);
      x.write([7, 8]);
      recording.replay();
      expect(await valuesOf(recording.result)).toEqual([80, 90]);
      recording.dispose();
    }));

  test("queue all of their launches, copies included, by one call", () =>
    inScope(async () => {
      const total = made([0]);
      const step = () => {
        for (let i = 0; i < 100; i++) copyInto(total, add(total, 1));
      };
      const recording = record(device, step);
      expect(await valuesOf(total)).toEqual([200]);
      const before = countsOf(device);
      for (let i = 0; i < 3; i++) recording.replay();
      expect(countsOf(device)).toEqual(before);
      expect(await valuesOf(total)).toEqual([500]);
      recording.dispose();
    }));

  test("keep their memory to themselves until they are disposed, and then all of it is free again", () =>
    inScope(async () => {
      // Constants stay.
      mul(add(mul(made([1]), 2), 3), 1);
      const before = device.memory();
      const x = tensor(wave(5000), { device });
      const recording = record(device, () => mul(add(mul(x, 2), 3), add(x, x)));
      const expected = await valuesOf(recording.result);
      // Would get what lay in between, were it given away.
      const others = Array.from({ length: 8 }, () => zeros([5000], { device }));
      recording.replay();
      expect(await valuesOf(recording.result)).toEqual(expected);
      for (const other of others) expect(new Set(await other.data())).toEqual(new Set([0]));
      for (const other of others) other.dispose();
      recording.dispose();
      recording.dispose();
      x.dispose();
      expect(device.memory()).toMatchObject({ bytesInUse: before.bytesInUse, buffers: before.buffers });
    }));

  describe("that nobody disposes", () => {
    // A function of its own, whose variables are gone behind it.
    const recordOnce = (x: Tensor): Recording<Tensor> => record(device, () => mul(add(x, 1), x));
    const memory = () => ({
      bytesInUse: device.memory().bytesInUse,
      keptBytes: (device as CudaDevice).recorder.pool.keptBytes,
    });

    test("give back all of their memory when they are garbage collected", () =>
      inScope(async () => {
        const x = tensor(wave(5000), { device });
        mul(add(x, 1), x).dispose();
        const before = memory();
        const recordAndForget = async (): Promise<void> => {
          expect((await recordOnce(x).result.data())[0]).toBe(0);
          expect(memory().keptBytes).toBeGreaterThan(before.keptBytes);
        };
        await recordAndForget();
        await collectGarbage(() => memory().keptBytes === before.keptBytes && memory().bytesInUse === before.bytesInUse);
        expect(memory()).toEqual(before);
      }));

    test("leave results that somebody has as they are", () =>
      inScope(async () => {
        const x = made([2, 3]);
        const before = memory();
        const { result } = recordOnce(x);
        await collectGarbage(() => memory().keptBytes === before.keptBytes);
        expect(memory().keptBytes).toBe(before.keptBytes);
        const others = Array.from({ length: 8 }, () => made([9, 9]));
        expect(await valuesOf(result)).toEqual([6, 12]);
        for (const other of [result, ...others]) other.dispose();
      }));

    test("run on as long as somebody has them", () =>
      inScope(async () => {
        const state = made([1, 1]);
        const recording = record(device, () => void copyInto(state, mul(state, 2)));
        await collectGarbage(() => false);
        recording.replay();
        expect(await valuesOf(state)).toEqual([8, 8]);
        recording.dispose();
      }));
  });

  test("overwrite nobody's memory although a tensor that they write into was freed", () =>
    inScope(async () => {
      const state = made([1, 1, 1]);
      const recording = record(device, () => copyInto(state, mul(state, 2)));
      state.dispose();
      const other = made([7, 7, 7]);
      recording.replay();
      expect(await valuesOf(other)).toEqual([7, 7, 7]);
      recording.dispose();
    }));

  test("may use each other's results, in whatever order they are disposed", () =>
    inScope(async () => {
      const x = made([1, 2]);
      const first = record(device, () => add(x, 1));
      const second = record(device, () => mul(first.result, first.result));
      first.dispose();
      const other = made([9, 9]);
      second.replay();
      expect(await valuesOf(second.result)).toEqual([4, 9]);
      second.dispose();
      expect(await valuesOf(other)).toEqual([9, 9]);
    }));

  test("of dropout draw anew in every replay, as calls do", () =>
    inScope(async () => {
      const x = tensor(new Float32Array(64).fill(1), { device });
      const draw = () => dropout(x, { p: 0.5 });
      manualSeed(3, device);
      const called: number[][] = [];
      for (let i = 0; i < 4; i++) called.push(await valuesOf(draw()));
      manualSeed(3, device);
      const recording = record(device, draw);
      const replayed = [await valuesOf(recording.result)];
      for (let i = 0; i < 2; i++) {
        recording.replay();
        replayed.push(await valuesOf(recording.result));
      }
      expect(replayed).toEqual(called.slice(1));
      recording.dispose();
    }));

  /** Losses, logits and state of steps behind two with the first batch; in each the batch and the learning rate are new. */
  async function trained({ name, optimizerOf, steps }: Training, isRecorded: boolean): Promise<unknown> {
    const model = createModel(name, { device, numClasses: 10 });
    const optimizer = optimizerOf(model, OPTIONS);
    const shape = [2, ...findModel(name).facts.inputShape];
    const images = tensor(wave(product(shape)), { shape, device });
    const labels = tensor([1, 3], { dtype: "i32", device });
    const step = (): Tensor => {
      const { value, grads } = valueAndGrad(model, () => crossEntropy(model.train().forward(images), labels));
      optimizer.step(grads);
      return value;
    };
    // Evaluation keeps weights that it has folded together, until they change.
    const evaluate = () => noGrad(() => model.eval().forward(images));
    evaluate();
    const recording = isRecorded ? record(device, step) : undefined;
    if (!recording) for (let i = 0; i < 2; i++) step();
    const losses: number[] = [];
    for (let i = 1; i <= steps; i++) {
      optimizer.lr = OPTIONS.lr / i;
      images.write(wave(product(shape), i));
      recording?.replay();
      losses.push(await (recording?.result ?? step()).item());
    }
    const logits = digestOf(await evaluate().bytes());
    const state = [...(await optimizer.stateDict())].map(([key, { bytes }]) => [key, digestOf(bytes)]);
    for (const [key, value] of model.stateDict()) state.push([key, digestOf(await value.bytes())]);
    recording?.dispose();
    optimizer.dispose();
    model.dispose();
    return { losses, logits, state };
  }

  test.each([
    { name: "lenet5", optimizerOf: sgd, steps: 20 },
    { name: "lenet5", optimizerOf: adam, steps: 5 },
    { name: "resnet20_cifar", optimizerOf: sgd, steps: 2 },
  ])("of steps of training are bit for bit the steps that calls take: $name, $optimizerOf.name", (training) =>
    inScope(async () => {
      seedInit(1);
      const called = await trained(training, false);
      seedInit(1);
      expect(await trained(training, true)).toEqual(called);
    }),
  );

  test.each([
    ["resnet18", {}],
    // Its constants are taken to the device by the first call, which isn't recorded.
    ["googlenet", { transformInput: true }],
  ])("of %s give the bits of calls", (name, options) =>
    inScope(async () => {
      const model = createModel(name, { device, numClasses: 10, ...options }).eval();
      const x = tensor(wave(3 * 64 * 64), { shape: [1, 3, 64, 64], device });
      const forward = () => noGrad(() => model.forward(x));
      const recording = record(device, forward);
      for (const seed of [1, 2]) {
        x.write(wave(3 * 64 * 64, seed));
        recording.replay();
        expect(digestOf(await recording.result.bytes())).toBe(digestOf(await forward().bytes()));
      }
      recording.dispose();
      model.dispose();
    }),
  );

  describe("refuse", () => {
    const x = opened ? made([1, 2]) : undefined;
    const input = x as Tensor;
    afterAll(() => x?.dispose());

    test.each([
      [
        "what reads values",
        (): unknown => void add(input, 1).data().catch(ignore),
        "record: fn may launch work, not wait for it, got read",
      ],
      ["what waits", (): unknown => void device.sync().catch(ignore), "got sync"],
      ["what is asynchronous", async () => add(input, 1), "record: fn must be synchronous, got a promise"],
      ["new values of the host", () => add(input, tensor([1, 2], { device })), "fn may not take values to the device"],
      ["to write into what it reads", () => input.write([1, 2]), "fn may not take values to the device"],
      ["another recording", () => record(device, () => add(input, 1)), "got record"],
    ] as const)("%s, by name", async (_, fn, message) => {
      add(input, 1).dispose();
      await device.sync();
      const before = device.memory();
      // The first call is no recording yet: there all of this may be done.
      let calls = 0;
      expect(() => record<unknown>(device, () => (calls++ === 0 && message.includes("got") ? undefined : fn()))).toThrow(message);
      const { bytesInUse, buffers } = device.memory();
      expect({ bytesInUse, buffers }).toEqual({ bytesInUse: before.bytesInUse, buffers: before.buffers });
      const after = add(input, 1);
      expect(await valuesOf(after)).toHaveLength(2);
      after.dispose();
    });

    test("what a function throws, and keep nothing of it", () =>
      inScope(async () => {
        const before = device.memory();
        let calls = 0;
        const failing = () => {
          const y = relu(add(input, 1));
          if (calls++ === 1) throw new RangeError("as meant");
          return y;
        };
        expect(() => record(device, failing)).toThrow(new RangeError("as meant"));
        expect(device.memory()).toMatchObject({ bytesInUse: before.bytesInUse, buffers: before.buffers });
        expect(await valuesOf(failing())).toEqual([2, 3]);
      }));

    test("a step whose function throws behind it, and never take it", () =>
      inScope(async () => {
        const stepOf = (weight: Tensor) => {
          const optimizer = sgd([weight], OPTIONS);
          return () => optimizer.step(valueAndGrad([weight], () => sum(mul(weight, weight))).grads);
        };
        const [weight, expected] = [made([1, 2]), made([1, 2])];
        const [step, expectedStep] = [stepOf(weight), stepOf(expected)];
        let calls = 0;
        const failing = () => {
          step();
          if (calls++ === 1) throw new RangeError("as meant");
        };
        expect(() => record(device, failing)).toThrow(new RangeError("as meant"));
        step();
        expectedStep();
        expectedStep();
        expect(await valuesOf(weight)).toEqual(await valuesOf(expected));
      }));

    test("two steps of one optimizer, whose numbers would be the second's in both", () =>
      inScope(async () => {
        const weight = made([1, 2]);
        const optimizer = sgd([weight], OPTIONS);
        const step = () => optimizer.step(valueAndGrad([weight], () => sum(mul(weight, weight))).grads);
        const twoSteps = () => {
          step();
          step();
        };
        expect(() => record(device, twoSteps)).toThrow("fn may not take values to the device");
        record(device, step).dispose();
        optimizer.dispose();
      }));

    test("to replay once they are disposed, or their device is closed", async () => {
      const mortal = await cuda().open();
      const y = tensor([1], { device: mortal });
      const [disposed, closed] = [record(mortal, () => relu(y)), record(mortal, () => relu(y))];
      disposed.dispose();
      expect(() => disposed.replay()).toThrow(LifetimeError);
      await mortal.close();
      expect(() => closed.replay()).toThrow(DeviceError);
      closed.dispose();
      y.dispose();
    });

    test("devices of other backends", () => {
      const other = openReference();
      expect(() => record(other, () => undefined)).toThrow(ArgumentError);
      expect(() => record(other, () => undefined)).toThrow(`device must be one of the cuda backend, got ${other.name}`);
    });
  });
});
