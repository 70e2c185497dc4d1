import { describe, expect, test } from "vitest";
import { encode } from "../dtype";
import { FileFormatError } from "../errors";
import { fileTensorBytes, type HostTensor, toInt64, toMemoryTensor } from "./host-tensor";

describe("integers of files", () => {
  const int64 = (...values: bigint[]): HostTensor => {
    const bytes = new Uint8Array(BigInt64Array.from(values).buffer);
    return { dtype: "i64", shape: [values.length], bytes };
  };

  test("i64 becomes i32 and back, to both ends of the range", () => {
    const wide = int64(0n, 1n, -1n, 2147483647n, -2147483648n);
    const narrow = toMemoryTensor("load", "n", wide);
    expect(narrow).toEqual({ dtype: "i32", shape: [5], bytes: encode([0, 1, -1, 2147483647, -2147483648], "i32") });
    expect(toInt64({ ...narrow, dtype: "i32" })).toEqual(wide);
  });

  test.each([2147483648n, -2147483649n, 1n << 62n, -(1n << 63n), 4294967296n])(
    "i64 %s is refused by tensor, value and place",
    (value) => {
      expect(() => toMemoryTensor("load", "bn1.num_batches_tracked", int64(0n, value))).toThrow(
        `load: "bn1.num_batches_tracked" (i64) must hold integers that fit i32, got ${value} at element 1`,
      );
    },
  );

  test("smaller integers widen, u32 and u64 are checked, others stay", () => {
    const convert = (dtype: HostTensor["dtype"], ...bytes: number[]) => {
      const { bytes: converted } = toMemoryTensor("load", "n", { dtype, shape: [1], bytes: Uint8Array.from(bytes) });
      return new DataView(converted.buffer).getInt32(0, true);
    };
    expect([convert("i8", 0xfe), convert("i16", 0xfe, 0xff), convert("u16", 0xfe, 0xff)]).toEqual([-2, -2, 65534]);
    expect(convert("u32", 1, 0, 0, 0)).toBe(1);
    expect(() => convert("u32", 0, 0, 0, 0x80)).toThrow(FileFormatError);
    expect(() => convert("u64", 0, 0, 0, 0, 0, 0, 0, 0x80)).toThrow("got 9223372036854775808 at element 0");
    const floats: HostTensor = { dtype: "f32", shape: [], bytes: encode([1.5], "f32") };
    expect(toMemoryTensor("load", "x", floats).bytes).toBe(floats.bytes);
  });

  test("sizes of tensors are exact or undefined", () => {
    expect(fileTensorBytes("f64", [3, 5])).toBe(120);
    expect(fileTensorBytes("f64", [])).toBe(8);
    expect(fileTensorBytes("u8", [2 ** 53 - 1])).toBe(2 ** 53 - 1);
    expect(fileTensorBytes("f16", [2 ** 52])).toBeUndefined();
    expect(fileTensorBytes("u8", [1.5])).toBeUndefined();
  });
});
