import { type Device, fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from "@vertebra/core";
import { afterAll, describe, expect, it } from "vitest";
import { openForTests } from "../testing/open-device";

const { device, reason } = await openForTests();

const EDGES = [
  0, -0, 1, -1, 0.5, -0.99, 1.5, 2.5, 255, 255.9, 256, -0.1, 300, 65504, 65519, 65520, 65536, 1e-5, 6e-8, 2.98e-8, 2.99e-8,
];
const HUGE = [2 ** 31, -(2 ** 31), 2147483520, 1e30, -1e30, 1e-40, Infinity, -Infinity, Number.NaN];
const MORE = Array.from({ length: 64 }, (_, i) => Math.fround(Math.sin(i * 9.1) * 400));
const INTS = [0, 1, -1, 70, 255, 256, 16777215, 16777217, 16777219, -16777217, 33554435, 2 ** 31 - 1, 2 ** 31 - 65, -(2 ** 31)];

type GpuDType = "f32" | "i32" | "f16" | "bf16" | "u8" | "bool";
const ARRAYS = { f32: Float32Array, i32: Int32Array, f16: Uint16Array, bf16: Uint16Array, u8: Uint8Array, bool: Uint8Array };
const DTYPES = Object.keys(ARRAYS) as GpuDType[];

type Bits = InstanceType<(typeof ARRAYS)[GpuDType]>;

const saturate = (x: number, low: number, high: number) =>
  (Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), low), high)) + 0;

/** What each dtype makes of a number. */
const store: { readonly [K in GpuDType]: (x: number) => number } = {
  f32: Math.fround,
  i32: (x) => saturate(x, -(2 ** 31), 2 ** 31 - 1),
  u8: (x) => saturate(x, 0, 255),
  bool: (x) => (x !== 0 ? 1 : 0),
  f16: (x) => toFloat16Bits(Math.fround(x)),
  bf16: toBfloat16Bits,
};

/** The number that a stored element stands for. */
const load = (x: number, dtype: GpuDType) => (dtype === "f16" ? fromFloat16Bits(x) : dtype === "bf16" ? fromBfloat16Bits(x) : x);

describe.skipIf(!device)(`toDtype on ${device?.adapter ?? reason}`, () => {
  afterAll(() => device?.close());

  async function convert(data: Bits, from: GpuDType, to: GpuDType): Promise<Bits> {
    const own = device as Device;
    const bytes = data.length * ARRAYS[to].BYTES_PER_ELEMENT;
    const [x, y] = [own.allocate(data.byteLength), own.allocate(bytes)];
    own.write(x, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const shape = [data.length];
    own.kernels.toDtype([{ buffer: x, shape, dtype: from }], [{ buffer: y, shape, dtype: to }], { dtype: to });
    const read = await own.read(y, bytes);
    for (const buffer of [x, y]) own.release(buffer);
    return new ARRAYS[to](read.slice().buffer as ArrayBuffer);
  }

  for (const from of DTYPES) {
    const isFloat = ["f32", "f16", "bf16"].includes(from);
    const values = ARRAYS[from].from((isFloat ? [...EDGES, ...HUGE, ...MORE] : INTS).map(store[from]));
    it.each(DTYPES.filter((to) => to !== from))(`${from} to %s`, async (to) => {
      // Between integers the low bits stay.
      const isCut = !isFloat && to === "u8";
      const wanted = Array.from(values, (x) => (isCut ? x & 255 : store[to](load(x, from))));
      expect(Array.from(await convert(values, from, to))).toEqual(wanted);
    });
  }

  it("reads all 16-bit floats", async () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    expect(await convert(bits, "f16", "f32")).toEqual(Float32Array.from(bits, fromFloat16Bits));
    expect(await convert(bits, "bf16", "f32")).toEqual(Float32Array.from(bits, fromBfloat16Bits));
  });

  it("rounds to 16-bit floats, ties to even, over all exponents", async () => {
    const fractions = [1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 1.7, -1.3, 2 - 2 ** -23];
    const values = Float32Array.from({ length: 300 * fractions.length }, (_, i) => {
      const scale = 2 ** (Math.floor(i / fractions.length) - 160);
      return (fractions[i % fractions.length] as number) * scale;
    });
    expect(await convert(values, "f32", "f16")).toEqual(Uint16Array.from(values, toFloat16Bits));
    expect(await convert(values, "f32", "bf16")).toEqual(Uint16Array.from(values, toBfloat16Bits));
  });
});
