import { cpu } from "@vertebra/backend-cpu";
import { afterAll, describe, expect, it } from "vitest";
import { valueAndGrad } from "../autograd";
import { sum } from "../ops/sum";
import { type Tensor, tensor } from "../tensor";
import { LossScaler } from "./loss-scaler";
import { sgd } from "./sgd";

const device = await cpu({ threads: 1 }).open();
afterAll(() => device.close());

/** One step of w ← w − Σ w · x, so that the gradient is x. */
async function stepOf(scaler: LossScaler, w: Tensor, x: readonly number[]): Promise<boolean> {
  const { grads } = valueAndGrad([w], () => scaler.scale(sum(w.mul(tensor(x, { device })))));
  return scaler.step(sgd([w], { lr: 1 }), grads);
}

describe("LossScaler", () => {
  it("steps by the gradients of the loss as it was", async () => {
    const w = tensor([1, 2], { device });
    expect(await stepOf(new LossScaler(), w, [0.25, -3])).toBe(true);
    expect([...(await w.data())]).toEqual([0.75, 5]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 3e38])(
    "leaves out a step whose gradients overflow at %f, and halves the factor",
    async (value) => {
      const scaler = new LossScaler({ initial: 1024 });
      const w = tensor([1, 2], { device });
      expect(await stepOf(scaler, w, [1, value])).toBe(false);
      expect([[...(await w.data())], scaler.factor]).toEqual([[1, 2], 512]);
    },
  );

  it("grows after so many steps in a row", async () => {
    const scaler = new LossScaler({ initial: 8, interval: 2 });
    const w = tensor([0], { device });
    const factors: number[] = [];
    for (const x of [1, 1, 1, Number.NaN, 1, 1]) {
      await stepOf(scaler, w, [x]);
      factors.push(scaler.factor);
    }
    expect(factors).toEqual([8, 16, 16, 8, 8, 16]);
  });

  it("goes on from another's state", async () => {
    const first = new LossScaler({ initial: 8, interval: 2 });
    await stepOf(first, tensor([0], { device }), [1]);
    const second = new LossScaler({ interval: 2 });
    second.state = first.state;
    await stepOf(second, tensor([0], { device }), [1]);
    expect(second.state).toEqual({ factor: 16, streak: 0 });
  });

  it.each([{ initial: 0 }, { initial: Number.POSITIVE_INFINITY }, { growth: 0.5 }, { backoff: 1 }, { interval: 1.5 }])(
    "refuses %j",
    (options) => {
      const [[name, value]] = Object.entries(options) as [[string, number]];
      expect(() => new LossScaler(options)).toThrow(new RegExp(`LossScaler: ${name} must be .*, got ${value}`));
    },
  );
});
