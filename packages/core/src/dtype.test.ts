import { describe, expect, it } from "vitest";
import { DTYPES, type DType, decode, encode } from "./dtype";

describe("decode", () => {
  it.each(Object.keys(DTYPES) as DType[])("reads %s from bytes that aren't aligned, also of a Node Buffer", (dtype) => {
    const bytes = encode([1, 0, 1], dtype);
    // A Buffer's slice() is a view: this once gave "start offset should be a multiple of 8".
    const shifted = Buffer.concat([Buffer.of(7), bytes]).subarray(1);
    expect([...decode(shifted, dtype)]).toEqual([1, 0, 1]);
  });
});
