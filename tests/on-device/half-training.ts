import {
  autocast,
  crossEntropy,
  type Device,
  type HalfDType,
  LossScaler,
  manualSeed,
  noGrad,
  Philox,
  Scope,
  seedInit,
  sgd,
  tensor,
  valueAndGrad,
} from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { expect } from "vitest";

interface Run {
  readonly losses: readonly number[];
  readonly logits: Float32Array;
}

/** A few steps of training and then inference; in 16 bits if a dtype is given. */
async function run(on: Device, name: string, steps: number, dtype: HalfDType | undefined): Promise<Run> {
  const cast = <T>(fn: () => T): T => (dtype ? autocast({ dtype }, fn) : fn());
  seedInit(0);
  manualSeed(0, on);
  const model = createModel(name, { device: on, numClasses: 10 });
  const [optimizer, scaler] = [sgd(model, { lr: 0.01, momentum: 0.9 }), new LossScaler({ initial: 1024 })];
  const side = 32;
  const channels = name === "lenet5" ? 1 : 3;
  const random = new Philox(5);
  const images = tensor(random.normalArray(4 * channels * side * side), { shape: [4, channels, side, side], device: on });
  const labels = tensor([0, 1, 2, 3], { dtype: "i32", device: on });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const scope = new Scope(undefined);
    const { value, grads } = scope.run(() =>
      valueAndGrad(model.train(), () =>
        scaler.scale(
          crossEntropy(
            cast(() => model.forward(images)),
            labels,
          ),
        ),
      ),
    );
    losses.push((await value.item()) / scaler.factor);
    expect(await scaler.step(optimizer, grads)).toBe(true);
    scope.end();
  }
  const scope = new Scope(undefined);
  const logits = scope.run(() => noGrad(() => cast(() => model.eval().forward(images))));
  const result = { losses, logits: (await logits.data()) as Float32Array };
  scope.end();
  for (const one of [images, labels]) one.dispose();
  optimizer.dispose();
  model.dispose();
  return result;
}

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (value, i) => Math.abs(value - (b[i] as number))).reduce((worst, error) => Math.max(worst, error), 0);

/**
 * Trains and infers in 16 bits on `device` and on `host`, which has f32 kernels between conversions. Both round every map to 16 bits, at other
 * places of a sum: they may be as far from each other as both are from f32.
 */
export async function expectHalfTraining(
  device: Device,
  host: Device,
  name: string,
  dtype: HalfDType,
  steps: number,
): Promise<void> {
  const exact = await run(host, name, steps, undefined);
  const [expected, actual] = [await run(host, name, steps, dtype), await run(device, name, steps, dtype)];
  for (const what of ["losses", "logits"] as const)
    expect(distance(actual[what], expected[what])).toBeLessThan(3 * distance(expected[what], exact[what]));
  expect(actual.losses.at(-1)).toBeLessThan(actual.losses[0] as number);
}
