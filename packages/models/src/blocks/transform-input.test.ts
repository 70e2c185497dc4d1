import { cpu } from "@vertebra/backend-cpu";
import { checkLeaks, type Device, noGrad, observe, scope, type Tensor, tensor, toDtype } from "@vertebra/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { googlenet } from "../googlenet";
import { inception_v3 } from "../inception-v3";
import { transformInput } from "./transform-input";

let device: Device;
beforeAll(async () => {
  device = await cpu({ threads: 1 }).open();
});
afterAll(() => device.close());

const run = transformInput(3) as (x: Tensor) => Tensor;
/** ImageNet's mean and a deviation beside it, of each channel. */
const pixels = () => tensor([0, 1, 0, 1, 0, 1], { shape: [1, 3, 1, 2], device });
/** (mean − 0.5) / 0.5 and (mean + std − 0.5) / 0.5. */
const EXPECTED = [-0.03, 0.428, -0.088, 0.36, -0.188, 0.262];

/** The numbers that a call reads. */
function numbersOf(x: Tensor): readonly Tensor[] {
  const read: Tensor[] = [];
  observe(
    ({ inputs }) => read.push(...inputs.slice(1)),
    () => run(x),
  );
  return read;
}

test("takes its numbers to a device once, for all calls and models", () => {
  using _ = scope();
  const first = numbersOf(pixels());
  expect(first).toHaveLength(2);
  numbersOf(pixels()).forEach((one, i) => void expect(one).toBe(first[i]));
});

test("leaves no tensor over, not even by its first call", async () => {
  const other = await cpu({ threads: 1 }).open();
  const x = tensor([0, 0, 0], { shape: [1, 3, 1, 1], device: other });
  await checkLeaks(() => noGrad(() => run(x).dispose()));
  await other.close();
});

test.each(["f32", "f16", "bf16"] as const)("takes an image of %s to a mean and standard deviation of 0.5", async (dtype) => {
  using _ = scope();
  const y = run(toDtype(pixels(), dtype));
  expect(y.dtype).toBe(dtype);
  const digits = dtype === "f32" ? 6 : 2;
  for (const [i, value] of [...(await toDtype(y, "f32").data())].entries())
    expect(value).toBeCloseTo(EXPECTED[i] as number, digits);
});

test.each([googlenet, inception_v3])("is no part of a checkpoint", (create) => {
  using transforming = create({ device, transformInput: true });
  using plain = create({ device });
  expect([...transforming.stateDict().keys()]).toEqual([...plain.stateDict().keys()]);
});
