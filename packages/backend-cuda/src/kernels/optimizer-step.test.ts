import { adam, type Device, type Optimizer, Philox, requireGrad, sgd, type Tensor, tensor } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { countsOf } from "../index";
import type { CudaOperand } from "../launch";
import { openForTests } from "../testing/open-device";
import { isSameStep, joinSteps, STEP_TENSORS, stepOf } from "./optimizer-step";

const operand = (shape: readonly number[], address = 256): CudaOperand => ({ memory: { address }, shape, dtype: "f32" });

describe("joinSteps", () => {
  const hyper = operand([4], 512);
  const stepFor = (elements: number, flag = false, numbers = hyper) =>
    stepOf("sgdStep", [flag], [operand([elements]), operand([elements]), numbers], 1);

  test("gives each parameter blocks of its own", () => {
    const { grid, words } = joinSteps([4096, 1, 4097].flatMap((elements) => stepFor(elements)));
    expect(grid).toBe(4);
    expect(words.slice(0, 4)).toEqual([4096, 1, 4097, 0]);
    expect(words.slice(STEP_TENSORS, STEP_TENSORS + 4)).toEqual([1, 2, 4, 4]);
  });

  test("takes together what has the same options and numbers, and leaves out what is empty", () => {
    const [[one], [other], [flagged], [later]] = [stepFor(3), stepFor(5), stepFor(3, true), stepFor(3, false, operand([4], 768))];
    if (!one || !other || !flagged || !later) throw new Error("no steps");
    expect([other, flagged, later].map((step) => isSameStep(one, step))).toEqual([true, false, false]);
    expect(stepFor(0)).toEqual([]);
  });
});

const { device, reason } = await openForTests();
const SIZES = [...Array.from({ length: 27 }, (_, i) => 1 + i * 7), 4096, 4097, 9001];

describe.skipIf(!device)(`optimizer steps on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  test.each([
    ["sgd", (params: Tensor[]) => sgd(params, { lr: 0.1 })],
    ["sgd with momentum", (params: Tensor[]) => sgd(params, { lr: 0.1, momentum: 0.9 })],
    ["adam", (params: Tensor[]) => adam(params, { lr: 0.1 })],
  ] as const)("%s: few launches, the same bits as one by one", async (_, optimizer) => {
    const together = await stepTwice(device as Device, optimizer, [SIZES]);
    const alone = await stepTwice(
      device as Device,
      optimizer,
      SIZES.map((size) => [size]),
    );
    expect(together.launches).toBe(Math.ceil(SIZES.length / STEP_TENSORS));
    expect(together.values).toEqual(alone.values);
  });
});

/** Parameters after two steps, and the launches of the second; each of `groups` has an optimizer of its own. */
async function stepTwice(
  on: Device,
  optimizer: (params: Tensor[]) => Pick<Optimizer, "step">,
  groups: readonly (readonly number[])[],
) {
  const random = new Philox(4);
  const make = (size: number) => tensor(random.normalArray(size), { shape: [size], device: on });
  const pairs = groups.map((sizes) => sizes.map((size) => [requireGrad(make(size)), make(size)] as const));
  const grads = new Map(pairs.flat().map(([param, grad]) => [param, grad]));
  const optimizers = pairs.map((group) => optimizer(group.map(([param]) => param)));
  for (const one of optimizers) one.step(grads);
  await on.sync();
  const before = countsOf(on)?.launches ?? 0;
  for (const one of optimizers) one.step(grads);
  await on.sync();
  const launches = (countsOf(on)?.launches ?? 0) - before;
  const values = await Promise.all(pairs.flat().map(([param]) => param.data()));
  return { launches, values };
}
