import { FileFormatError } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { parseIdx, parseIdxHeader } from "./idx";

const idx = (type: number, sizes: readonly number[], data: readonly number[]) =>
  Uint8Array.from([
    0,
    0,
    type,
    sizes.length,
    ...sizes.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]),
    ...data,
  ]);

describe("parseIdx", () => {
  test("reads the sizes as big-endian u32 and views the rest", () => {
    const file = idx(8, [2, 1, 3], [1, 2, 3, 4, 5, 6]);
    const { shape, values } = parseIdx(file);
    expect([shape, [...values], values.buffer === file.buffer]).toEqual([[2, 1, 3], [1, 2, 3, 4, 5, 6], true]);
    expect(parseIdxHeader(idx(8, [0x01020304], [])).shape).toEqual([0x01020304]);
  });

  test("reads from a view into a larger buffer, and arrays of no elements", () => {
    const file = idx(8, [3], [7, 8, 9]);
    const larger = new Uint8Array(20);
    larger.set(file, 5);
    expect([...parseIdx(larger.subarray(5, 5 + file.length)).values]).toEqual([7, 8, 9]);
    expect(parseIdx(idx(8, [0, 28, 28], [])).values.length).toBe(0);
  });

  test.each<[string, Uint8Array, string]>([
    ["an empty file", new Uint8Array(), "f: an IDX file must start with two zero bytes, got 0 bytes. Is it an IDX file?"],
    ["three bytes", Uint8Array.of(0, 0, 8), "must start with two zero bytes, got 3 bytes"],
    ["another magic", Uint8Array.of(1, 0, 8, 1), "got 1, 0. Is it an IDX file?"],
    ["a gzip file", Uint8Array.of(0x1f, 0x8b, 8, 0), "got 31, 139. It is compressed with gzip: unpack it first"],
    ["floats", idx(0xd, [1], [0, 0, 0, 0]), "the IDX type must be 0x8 (unsigned byte), got 0xd (32-bit float)"],
    ["an unknown type", idx(0x7, [1], [0]), "got 0x7"],
    ["no axes", idx(8, [], []), "an IDX file must have 1 to 8 axes, got 0"],
    ["255 axes", Uint8Array.of(0, 0, 8, 255), "an IDX file must have 1 to 8 axes, got 255"],
    ["a cut header", idx(8, [1, 2], []).slice(0, 11), "an IDX header of 2 axes must have 12 bytes, got 11"],
    ["a cut array", idx(8, [2, 2], [1, 2, 3]), "an IDX file of shape [2, 2] must have 16 bytes, got 15. Is the file whole?"],
    [
      "bytes behind the array",
      idx(8, [2], [1, 2, 3]),
      "an IDX file of shape [2] must have 10 bytes, got 11. Is it one array only?",
    ],
    ["a size that promises 4 GiB", idx(8, [0xffffffff], [1]), "must have 4294967303 bytes, got 9"],
    ["sizes whose product overflows", idx(8, [0xffffffff, 0xffffffff], []), "the product of all sizes must stay below 2^52"],
    ["sizes whose product wraps to 0 in 32 and 64 bits", idx(8, [0x80000000, 0x80000000, 4], []), "the product of all sizes"],
  ])("refuses %s", (_, file, message) => {
    expect(() => parseIdx(file, "f")).toThrow(FileFormatError);
    expect(() => parseIdx(file, "f")).toThrow(message);
  });

  test("refuses every cut of a valid file", () => {
    const file = idx(8, [2, 3], [1, 2, 3, 4, 5, 6]);
    for (let length = 0; length < file.length; length++) expect(() => parseIdx(file.slice(0, length))).toThrow(FileFormatError);
  });
});
