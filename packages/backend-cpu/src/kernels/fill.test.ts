import type { DType } from "@vertebra/core";
import { describe, expect, it } from "vitest";
import { onBothThreadCounts } from "../testing/both-threads";
import { countOf } from "../testing/indexing";
import { fill } from "./fill";

const run = onBothThreadCounts();

const ARRAYS = { f32: Float32Array, i32: Int32Array, f16: Uint16Array, bf16: Uint16Array, u8: Uint8Array, bool: Uint8Array };

describe("fill", () => {
  it.each([
    ["f32", -1.5, -1.5],
    ["f32", Number.NaN, Number.NaN],
    ["f32", Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ["i32", -7, -7],
    ["f16", 1.5, 0x3e00],
    ["bf16", -2, 0xc000],
    ["u8", 200, 200],
    ["bool", 1, 1],
  ] as const)("writes %s %d into every element", (dtype: DType, value, stored) => {
    for (const shape of [[], [1], [7], [3, 5], [63, 65], [70001], [0]]) {
      const y = { shape, dtype, data: new ARRAYS[dtype as keyof typeof ARRAYS](countOf(shape)) };
      const [result] = run(fill, { inputs: [], outputs: [y], attrs: { shape, dtype, value } });
      expect(result!.data).toEqual(y.data.map(() => stored));
    }
  });
});
