import {
  add,
  type Device,
  DeviceError,
  full,
  matmul,
  mul,
  OutOfMemoryError,
  Scope,
  sum,
  type Tensor,
  tensor,
  zeros,
} from "@vertebra/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { offerSwiftshader } from "../../../scripts/swiftshader.mjs";
import { timeOnGpu, warmUp, webgpu } from "./index";
import { openForTests } from "./testing/open-device";

const { device: opened, reason } = await openForTests();
const device = opened as Device;
const array = async (x: Tensor): Promise<number[]> => Array.from(await x.data());
const ones = (count: number): Tensor => full([count], 1, { device });

describe.skipIf(!opened)(`a device on ${opened?.adapter ?? reason}`, () => {
  afterAll(() => opened?.close());

  test("says that it imitates a GPU, and what it can do", () => {
    expect(device.name).toBe("webgpu");
    expect(device.features).toEqual(expect.arrayContaining(["software", "finite-math"]));
  });

  test.skipIf(!opened?.features.includes("timestamp-query"))(
    "times work by its own clock, and goes on when it fails",
    async () => {
      const scope = new Scope(undefined);
      const x = scope.run(() => full([64, 64], 1, { device }));
      const products = (count: number) => () => scope.run(() => Array.from({ length: count }, () => matmul(x, x)));
      const timed = async (count: number) => (await timeOnGpu(device, () => void products(count)())) as number;
      await timed(1);
      // In one batch, and in several.
      const [one, many] = [await timed(1), await timed(100)];
      expect(one).toBeGreaterThan(0);
      expect(many).toBeGreaterThan(5 * one);
      await expect(timeOnGpu(device, () => scope.run(() => void matmul(x, ones(3))))).rejects.toThrow("matmul");
      expect((await array(scope.run(() => matmul(x, x))))[0]).toBe(64);
      scope.end();
    },
  );

  describe("order", () => {
    test("work reads what was written before it, not what is written after it", async () => {
      const scope = new Scope(undefined);
      const x = tensor([1, 2, 3], { device });
      const y = scope.run(() => mul(x, 2));
      device.write(x.storage.buffer, new Uint8Array(new Float32Array([7, 8, 9]).buffer));
      const z = scope.run(() => mul(x, 2));
      expect([await array(y), await array(z)]).toEqual([
        [2, 4, 6],
        [14, 16, 18],
      ]);
      scope.end();
      x.dispose();
    });

    test("memory that is freed and given out again keeps its users apart", async () => {
      let x = ones(1000);
      for (let step = 0; step < 600; step++) {
        const next = add(x, 1);
        x.dispose();
        x = next;
      }
      expect((await x.data())[999]).toBe(601);
      x.dispose();
    });

    test("more shapes than structs are kept for give the right results, before and after the structs are made anew", async () => {
      const shapes = Array.from({ length: 4200 }, (_, i) => i + 1);
      const lengths = [1, 2, 4095, 4096, 4097, 4200];
      const kept: Tensor[] = [];
      for (const length of shapes) {
        const scope = new Scope(undefined);
        const y = scope.run(() => mul(ones(length), 3));
        if (lengths.includes(length)) kept.push(y.detach());
        scope.end();
      }
      for (const [i, y] of kept.entries()) {
        const values = await y.data();
        expect([values.length, values.every((value) => value === 3)]).toEqual([lengths[i], true]);
        y.dispose();
      }
    });

    test("reads that wait at the same time each get their own", async () => {
      const scope = new Scope(undefined);
      const results = scope.run(() => Array.from({ length: 20 }, (_, i) => mul(ones(64 + i), i)));
      const values = await Promise.all(results.map((one) => one.data()));
      expect(values.map((one) => [one.length, one[0], one.at(-1)])).toEqual(values.map((_, i) => [64 + i, i, i]));
      scope.end();
    });

    test("a large upload and many small ones arrive", async () => {
      const large = Float32Array.from({ length: 700_000 }, (_, i) => i % 977);
      const scope = new Scope(undefined);
      const total = scope.run(() => {
        const parts = Array.from({ length: 300 }, (_, i) => sum(tensor([i, 1], { device })));
        return parts.reduce((all, part) => add(all, part), sum(tensor(large, { shape: [700_000], device })));
      });
      const expected = large.reduce((all, value) => all + value, 0) + (300 * 299) / 2 + 300;
      expect((await total.item()) / expected).toBeCloseTo(1, 5);
      scope.end();
    });
  });

  describe("memory", () => {
    test("stays level over a thousand steps", async () => {
      const step = () => {
        const scope = new Scope(undefined);
        scope.run(() => sum(mul(ones(1000), ones(1000))));
        scope.end();
      };
      step();
      const before = device.memory();
      for (let i = 0; i < 1000; i++) step();
      await device.sync();
      expect(device.memory().bytesInUse).toBe(before.bytesInUse);
      expect(device.memory().buffers).toBe(before.buffers);
    });

    test("a tensor over the adapter's limit is refused in numbers, and the device goes on", async () => {
      const error = (() => {
        try {
          return zeros([2 ** 29], { device });
        } catch (thrown) {
          return thrown as Error;
        }
      })();
      expect(error).toBeInstanceOf(OutOfMemoryError);
      expect((error as Error).message).toMatch(/2147483648 bytes asked, \d+ bytes in \d+ buffers in use/);
      const x = ones(3);
      expect(await array(x)).toEqual([1, 1, 1]);
      x.dispose();
    });
  });

  describe("bits and tails", () => {
    test("bytes and halves of odd lengths come back as they went", async () => {
      for (const dtype of ["u8", "bool", "f16", "bf16"] as const) {
        const x = tensor([1, 0, 1, 1, 0], { dtype, device });
        expect([dtype, await array(x)]).toEqual([dtype, [1, 0, 1, 1, 0]]);
        x.dispose();
      }
    });

    test("an empty tensor is read without the device", async () => {
      const x = zeros([0, 3], { device });
      expect(await x.data()).toHaveLength(0);
      x.dispose();
    });
  });

  describe("warmUp", () => {
    test("runs a function with its kernels compiled ahead: results and what is kept have their values", async () => {
      const scope = new Scope(undefined);
      const a = ones(12);
      let y: Tensor | undefined;
      // 0.625 is a constant that nobody has asked for before.
      await warmUp(device, () => scope.run(() => (y = add(matmul(a.reshape([3, 4]), a.reshape([4, 3])), 0.625))));
      expect(await array(y as Tensor)).toEqual(new Array(9).fill(4.625));
      expect(await array(scope.run(() => add(a, 0.625)))).toEqual(new Array(12).fill(1.625));
      scope.end();
      a.dispose();
    });

    test("what is called meanwhile waits behind it, in order", async () => {
      const scope = new Scope(undefined);
      const x = tensor([1, 2, 3], { device });
      const warming = warmUp(device, () => scope.run(() => mul(x, 5.5)).dispose());
      const before = scope.run(() => mul(x, 3));
      x.write([7, 8, 9]);
      const after = scope.run(() => mul(x, 3));
      const read = array(before);
      before.dispose();
      const next = scope.run(() => add(after, 1));
      expect([await read, await array(next)]).toEqual([
        [3, 6, 9],
        [22, 25, 28],
      ]);
      await warming;
      scope.end();
      x.dispose();
    });
  });
});

describe.skipIf(!opened)("the end of a device", () => {
  beforeAll(() => offerSwiftshader());

  test("a closed one says so, and another opens in the same process", async () => {
    const first = await webgpu().open();
    const x = tensor([1], { device: first });
    await first.close();
    await first.close();
    expect(() => add(x, 1)).toThrow(
      new DeviceError("webgpu", {
        rule: "the device must be open",
        got: "a closed one",
        fix: "Open a new one with webgpu().open()",
      }),
    );
    await expect(x.data()).rejects.toThrow(DeviceError);
    x.dispose();
    const second = await webgpu().open();
    const y = tensor([2], { device: second });
    expect(await array(y)).toEqual([2]);
    y.dispose();
    await second.close();
  });
});
