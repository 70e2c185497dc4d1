import {
  add,
  copyInto,
  type Device,
  DeviceError,
  full,
  log,
  matmul,
  mul,
  neg,
  relu,
  Scope,
  type Tensor,
  tensor,
} from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { findAdapter } from "./adapter";
import { requestDevice } from "./capabilities";
import { deviceOn } from "./device";
import { warmUp } from "./index";
import type { plans } from "./kernels/index";
import type { GpuOperand, Launch } from "./launch";
import { shader } from "./shader";
import { openForTests } from "./testing/open-device";

const wanted = process.env.WEBGPU_ADAPTER ?? "swiftshader";
const { device: opened, reason } = await openForTests();
await opened?.close();

const HEAD = `
override GROUP: u32 = 1;
struct Params { n: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
`;
const MISSPELT = shader("misspelt", `${HEAD}@compute @workgroup_size(GROUP) fn main() { y[0] = x[0] + elephants; }`);
const WHOLE = shader("whole", `${HEAD}@compute @workgroup_size(GROUP) fn main() { y[0] = x[0] + f32(params.n); }`);

const launch = (inputs: readonly GpuOperand[], outputs: readonly GpuOperand[], rest: Partial<Launch>): Launch[] => [
  { shader: WHOLE, params: [0], bindings: [inputs[0] as GpuOperand, outputs[0] as GpuOperand], grid: [1, 1, 1], ...rest },
];

/** Kernels that fail, each in a way of its own. */
const BROKEN: Partial<typeof plans> = {
  relu: (inputs, outputs) => launch(inputs, outputs, { shader: MISSPELT }),
  neg: (inputs, outputs) => launch(inputs, outputs, { constants: { GROUP: 1 << 20 } }),
  log: (inputs, outputs) => launch(inputs, outputs, { grid: [1 << 20, 1, 1] }),
};

describe.skipIf(!opened)(`failures of kernels on ${opened?.adapter ?? reason}`, async () => {
  const device = opened ? await openBroken() : (undefined as unknown as Device);
  afterAll(() => device?.close());
  const ones = (...shape: number[]): Tensor => full(shape, 1, { device });

  /** What a healthy device gives, and what it holds afterwards. */
  async function checkUp(): Promise<unknown> {
    const scope = new Scope(undefined);
    const values = await scope.run(() => add(matmul(ones(5, 7), ones(7, 3)), 1)).data();
    scope.end();
    return [Array.from(values), device.memory().buffers, device.memory().bytesInUse];
  }

  const failing = [
    [
      "a kernel that isn't WGSL",
      relu,
      /the kernel misspelt must compile, got relu of \[2, 3\] → \[2, 3\] on .*elephants.*\. Report it/,
    ],
    [
      "a kernel that asks for too much",
      neg,
      /the kernel whole must compile, got neg of \[2, 3\] → \[2, 3\] on .*workgroup.*\. Report it/i,
    ],
    [
      "work that is refused",
      log,
      /the GPU must take what is recorded, got up to log of \[2, 3\] → \[2, 3\] on .*dispatch.*\. Report it/i,
    ],
  ] as const;

  describe.each(failing)("%s", (_, op, message) => {
    test("is told at the next read, once, and the device works as before", async () => {
      const healthy = await checkUp();
      for (let round = 0; round < 3; round++) {
        const scope = new Scope(undefined);
        const y = scope.run(() => op(ones(2, 3)));
        const error = await errorOf(y.data());
        expect(error).toBeInstanceOf(DeviceError);
        expect((error as Error).message).toMatch(message);
        expect((error as Error).message).toContain(device.adapter);
        scope.end();
        expect(await checkUp()).toEqual(healthy);
      }
    });

    test("is told at sync", async () => {
      const scope = new Scope(undefined);
      scope.run(() => op(ones(2, 3)));
      await expect(device.sync()).rejects.toThrow(message);
      await device.sync();
      scope.end();
    });

    test("is told at the next op, with its name", async () => {
      const x = ones(2, 3);
      const y = op(x);
      const noticed = async (): Promise<Error> => {
        for (;;) {
          try {
            add(x, x).dispose();
          } catch (error) {
            return error as Error;
          }
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      expect((await noticed()).message).toMatch(/ \(noticed at (add|allocate)\)$/);
      y.dispose();
      x.dispose();
    });

    test("is told to everyone who waits for work behind it, and to nobody who waits for work before", async () => {
      const scope = new Scope(undefined);
      const before = scope.run(() => mul(ones(2, 3), 2));
      const early = before.data();
      const y = scope.run(() => op(before));
      const late = [y.data(), scope.run(() => add(y, 1)).data(), scope.run(() => add(before, 1)).data()].map(errorOf);
      expect(Array.from(await early)).toEqual(new Array(6).fill(2));
      for (const error of await Promise.all(late)) expect(`${error}`).toMatch(message);
      scope.end();
    });

    test("values that went with it are never read, and come back by being written again", async () => {
      const kept = tensor([1, 2, 3], { device });
      expect(Array.from(await kept.data())).toEqual([1, 2, 3]);
      const gone = tensor([4, 5, 6], { device });
      const scope = new Scope(undefined);
      const y = scope.run(() => op(ones(2, 3)));
      await expect(y.data()).rejects.toThrow(message);
      scope.end();
      expect(Array.from(await kept.data())).toEqual([1, 2, 3]);
      await expect(gone.data()).rejects.toThrow(/arguments must have values, but these were lost .*Make them again/);
      expect(() => mul(gone, kept)).toThrow(/arguments must have values/);
      gone.write([4, 5, 6]);
      const product = mul(gone, kept);
      expect(Array.from(await product.data())).toEqual([4, 10, 18]);
      for (const one of [kept, gone, product]) one.dispose();
    });
  });

  test("constant tables that went with a refused batch are uploaded again", async () => {
    const scope = new Scope(undefined);
    const permuted = () => scope.run(() => matmul(ones(3, 4), ones(4, 3)));
    const y = scope.run(() => relu(ones(2)));
    permuted();
    await expect(y.data()).rejects.toThrow(DeviceError);
    expect(Array.from(await permuted().data())).toEqual(new Array(9).fill(4));
    scope.end();
  });

  test("warmUp tells it, once, and computes nothing with what is missing", async () => {
    const x = tensor([1, 2], { device });
    const weight = tensor([3, 4], { device });
    const scope = new Scope(undefined);
    const results: Tensor[] = [];
    const warming = warmUp(device, () =>
      scope.run(() => {
        const y = relu(x);
        copyInto(weight, add(y, 1));
        results.push(y, add(y, x), relu(x));
      }),
    );
    await expect(warming).rejects.toThrow(/the kernel misspelt must compile, got relu of \[2\] → \[2\]/);
    expect(Array.from(await x.data())).toEqual([1, 2]);
    expect(Array.from(await weight.data())).toEqual([3, 4]);
    for (const one of results) await expect(one.data()).rejects.toThrow(/arguments must have values/);
    await device.sync();
    scope.end();
    x.dispose();
    weight.dispose();
    await expect(warmUp(device, async () => {})).rejects.toThrow(/warmUp: fn must be synchronous/);
  });
});

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no error",
    (error: unknown) => error,
  );

/** A device with some kernels replaced by broken ones. */
async function openBroken(): Promise<Device> {
  const found = await findAdapter({ adapter: wanted });
  return deviceOn(found, await requestDevice(found), BROKEN);
}
