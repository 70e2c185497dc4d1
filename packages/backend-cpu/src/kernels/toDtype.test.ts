import { type DType, fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from "@vertebra/core";
import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { type HostData, randomFloats } from "../testing/run-plan";
import { toDtype } from "./toDtype";

const run = onBothThreadCounts();

const ARRAYS = { f32: Float32Array, i32: Int32Array, f16: Uint16Array, bf16: Uint16Array, u8: Uint8Array, bool: Uint8Array };
type CpuDType = keyof typeof ARRAYS;

const EDGES = [
  0, -0, 1, -1, 0.5, -0.99, 1.5, 2.5, 255, 255.9, 256, -0.1, 300, 65504, 65519, 65520, 65536, 1e-5, 6e-8, 2.98e-8, 2.99e-8,
];
const HUGE = [2 ** 31, -(2 ** 31), 2147483520, 1e30, -1e30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

function convert(data: HostData, from: CpuDType, to: CpuDType): HostData {
  const x = { shape: [data.length], data, dtype: from };
  const y = { shape: [data.length], data: new ARRAYS[to](data.length).fill(77), dtype: to };
  return run(toDtype, { inputs: [x], outputs: [y], attrs: { dtype: to as DType } })[0]!.data;
}

const saturate = (x: number, low: number, high: number) => (x !== x ? 0 : Math.min(Math.max(Math.trunc(x), low), high)) + 0;

/** What each dtype makes of a number. */
const store: { readonly [K in CpuDType]: (x: number) => number } = {
  f32: Math.fround,
  i32: (x) => saturate(x, -(2 ** 31), 2 ** 31 - 1),
  u8: (x) => saturate(x, 0, 255),
  bool: (x) => (x !== 0 ? 1 : 0),
  f16: toFloat16Bits,
  bf16: toBfloat16Bits,
};

/** The number that a stored element stands for. */
const load = (x: number, dtype: CpuDType) => (dtype === "f16" ? fromFloat16Bits(x) : dtype === "bf16" ? fromBfloat16Bits(x) : x);

const DTYPES = Object.keys(ARRAYS) as CpuDType[];
const FLOATS = [...EDGES, ...HUGE, ...randomFloats([64], 1, [-400, 400]).data];

describe.each(DTYPES)("toDtype of %s", (from) => {
  const isFloat = ["f32", "f16", "bf16"].includes(from);
  const values = ARRAYS[from].from(
    isFloat
      ? FLOATS.map((x) => store[from](x))
      : [...EDGES, 70, -3, 2 ** 31 - 1, -(2 ** 31), 16777217].map((x) => store[from](x)),
  );

  it.each(DTYPES)("to %s", (to) => {
    // Between integers the low bits stay.
    const wanted = new ARRAYS[to](values.length);
    for (const [i, x] of values.entries()) wanted[i] = isFloat || to !== "u8" ? store[to](load(x, from)) : x & 255;
    expect(convert(values, from, to)).toEqual(wanted);
  });
});

describe("toDtype", () => {
  it("reads all 16-bit floats", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
    expect(convert(bits, "f16", "f32")).toEqual(Float32Array.from(bits, fromFloat16Bits));
    expect(convert(bits, "bf16", "f32")).toEqual(Float32Array.from(bits, fromBfloat16Bits));
  });

  it("rounds to 16-bit floats, ties to even, over all exponents", () => {
    const exponents = Array.from({ length: 300 }, (_, i) => 2 ** (i - 160));
    const values = Float32Array.from(
      exponents.flatMap((scale) =>
        [1, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 1.7, -1.3].map((x) => x * scale),
      ),
    );
    expect(convert(values, "f32", "f16")).toEqual(Uint16Array.from(values, toFloat16Bits));
    expect(convert(values, "f32", "bf16")).toEqual(Uint16Array.from(values, toBfloat16Bits));
  });

  it("shares long tensors between threads", () => {
    const { data } = randomFloats([100_003], 2, [-300, 300]);
    expect(convert(data, "f32", "i32")).toEqual(Int32Array.from(data, Math.trunc));
  });
});
