import type { Device } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { philox4x32 } from "../../../core/src/philox";
import { openForTests } from "../testing/open-device";
import { blank, operandOf, PORTABLE, runKernel } from "../testing/run-kernel";
import { uniform } from "./uniform";

const { device, reason } = await openForTests();

type State = readonly [seedLow: number, seedHigh: number, stream: number, counter: number];

const onHost = ([low, high, stream, counter]: State, n: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => {
    const words = philox4x32([(counter + Math.floor(i / 4)) >>> 0, 0, stream >>> 0, 0], [low >>> 0, high >>> 0]);
    return (words[i % 4]! >>> 8) / 2 ** 24;
  });

describe.skipIf(!device)(`uniform on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  async function run(state: State, n: number) {
    const inputs = [{ shape: [4], data: Int32Array.from(state) }];
    const call = { inputs, outputs: [blank([n])], attrs: { shape: [n], dtype: "f32" as const } };
    const result = await runKernel(device as Device, "uniform", call);
    return { y: result.outputs[0]!.data, state: Array.from(result.inputs[0]!.data) };
  }

  test.each([1, 3, 4, 5, 255, 256, 257, 10_001])("%i numbers have the bits of the host's philox", async (n) => {
    const state: State = [0x12345678, -2, 7, 1000];
    const { y, state: after } = await run(state, n);
    expect(y).toEqual(onHost(state, n));
    expect(after).toEqual([0x12345678, -2, 7, 1000 + Math.ceil(n / 4)]);
  });

  test("the counter wraps at 2³²", async () => {
    const state: State = [1, 2, -3, -2];
    const { y, state: after } = await run(state, 20);
    expect(y).toEqual(onHost(state, 20));
    expect(after).toEqual([1, 2, -3, 3]);
  });
});

test("no numbers leave the state alone", () => {
  expect(uniform([operandOf([4], "i32")], [operandOf([0])], { shape: [0], dtype: "f32" }, PORTABLE)).toEqual([]);
});
