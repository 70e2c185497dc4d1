import { type Device, tensor, uniform } from "@vertebra/core";
import { afterAll, describe, expect, test } from "vitest";
import { philox4x32 } from "../../../core/src/philox";
import { openForTests } from "../testing/open-device";

const { device, reason } = await openForTests();

type State = readonly [seedLow: number, seedHigh: number, stream: number, counter: number];

const onHost = ([low, high, stream, counter]: State, n: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => {
    const words = philox4x32([(counter + Math.floor(i / 4)) >>> 0, 0, stream >>> 0, 0], [low >>> 0, high >>> 0]);
    return (words[i % 4]! >>> 8) / 2 ** 24;
  });

describe.skipIf(!device)(`uniform on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  async function run(words: State, n: number) {
    const state = tensor(Int32Array.from(words), { shape: [4], dtype: "i32", device: device as Device });
    const y = uniform(state, { shape: [n], dtype: "f32" });
    return { y: await y.data(), state: [...(await state.data())] };
  }

  test.each([0, 1, 3, 4, 5, 1023, 1024, 1025, 10_001])("%i numbers have the bits of the host's philox", async (n) => {
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
