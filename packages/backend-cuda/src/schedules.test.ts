import {
  argmax,
  batchNorm,
  conv2d,
  type Device,
  grad,
  logSoftmax,
  matmul,
  Philox,
  requireGrad,
  type Shape,
  scoped,
  softmax,
  sum,
  type Tensor,
  tensor,
  topK,
} from "@vertebra/core";
import { product } from "@vertebra/core/plan";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { digestOf } from "./testing/digest";
import { openForTests } from "./testing/open-device";

const { device: opened, reason } = await openForTests();
const device = opened as Device;
const why = reason ?? (opened?.features.includes("test-driver") ? "" : "(a GPU has its own order)");

/** Another order in every run; SCHEDULE_SEED repeats one. */
const seed = process.env.SCHEDULE_SEED ?? `${Date.now() % 1_000_000}`;
const SCHEDULES = ["reverse", `random:${seed}`, `random:${seed}7`];

const made = (...shape: Shape): Tensor => {
  const values = new Philox(11).uniformArray(product(shape)).map((value) => 2 * value - 1);
  return tensor(values, { shape, device });
};
/** y and its gradients for a dy of its own. */
function withGradients(y: Tensor, xs: readonly Tensor[]): Tensor[] {
  return [y, ...grad(y, xs, { dy: made(...y.shape) })];
}

/** Kernels whose threads wait for each other, at sizes that take several blocks, rounds and left-over lanes. */
const KERNELS: Readonly<Record<string, () => readonly Tensor[]>> = {
  sum: () => [sum(made(700, 65), { axes: [0] }), sum(made(2, 20_004), { axes: [1] }), sum(made(6, 5, 7, 7), { axes: [0, 2, 3] })],
  argmax: () => [argmax(made(3, 5003), { axis: 1 }), argmax(made(500, 33), { axis: 0 })],
  topK: () => [topK(made(1, 6000), 7), topK(made(2, 300, 5), 7, { axis: 1 })].flatMap(({ values, indices }) => [values, indices]),
  softmax: () => [softmax(made(5, 1000), 1), logSoftmax(made(2, 5003), 1), softmax(made(3, 260, 40), 1)],
  batchNormTrain: () => {
    const [x, weight, bias] = [made(8, 3, 33, 33), made(3), made(3)].map(requireGrad) as [Tensor, Tensor, Tensor];
    return withGradients(batchNorm(x, { weight, bias, training: true }), [x, weight, bias]);
  },
  matmul: () => [
    matmul(made(130, 70), made(70, 129)),
    matmul(made(3, 3000), made(3000, 65)),
    matmul(made(2, 17, 40), made(2, 40, 9)),
  ],
  conv2d: () => {
    const [x, weight] = [made(2, 8, 19, 17), made(16, 8, 3, 3)].map(requireGrad) as [Tensor, Tensor];
    return withGradients(conv2d(x, weight, null, { padding: 1 }), [x, weight]);
  },
};

describe.skipIf(why !== "")(`threads in another order ${why}`, () => {
  afterAll(() => device.close());
  afterEach(() => vi.unstubAllEnvs());

  async function bitsUnder(schedule: string, kernels: () => readonly Tensor[]): Promise<string[]> {
    vi.stubEnv("VERTEBRA_CUDA_HOST_SCHEDULE", schedule);
    const results = scoped(kernels);
    const bits = await Promise.all(results.map(async (result) => digestOf(await result.bytes())));
    for (const result of results) result.dispose();
    return bits;
  }

  describe.each(Object.entries(KERNELS))("%s", (_, kernels) => {
    test.each(SCHEDULES)("gives the same bits under %s", async (schedule) => {
      expect(await bitsUnder(schedule, kernels)).toEqual(await bitsUnder("forward", kernels));
    });
  });
});
