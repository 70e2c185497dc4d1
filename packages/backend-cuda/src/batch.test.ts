import { describe, expect, test } from "vitest";
import { Batch, type EncodedLaunch, floatWord } from "./batch";

const launch = (fields: Partial<EncodedLaunch>): EncodedLaunch => ({
  kernel: 7,
  grid: [2, 3, 4],
  block: [32, 8, 1],
  addresses: [],
  words: [],
  ...fields,
});

function encoded(fields: Partial<EncodedLaunch>): number[] {
  const batch = new Batch();
  batch.add(launch(fields));
  const { bytes } = batch;
  return Array.from(new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4));
}

describe("a batch", () => {
  test("begins a launch with kernel, grid, block, shared bytes, params' bytes and a zero", () => {
    expect(encoded({ sharedBytes: 512, words: [5, 6] })).toEqual([7, 2, 3, 4, 32, 8, 1, 512, 8, 0, 5, 6]);
  });

  test("writes an address as 8 bytes, low word first", () => {
    expect(encoded({ addresses: [0x7f12_3456_789a] }).slice(8)).toEqual([8, 0, 0x3456789a, 0x7f12]);
  });

  test("ends a struct with addresses at a multiple of 8, as C++ does", () => {
    expect(encoded({ addresses: [16], words: [1] }).slice(8)).toEqual([16, 0, 16, 0, 1, 0]);
  });

  test("counts the bytes of a struct without addresses as they are, and pads behind them", () => {
    expect(encoded({ words: [1, 2, 3] }).slice(8)).toEqual([12, 0, 1, 2, 3, 0]);
  });

  test("keeps negative integers and floats bit by bit", () => {
    expect(encoded({ words: [-1, floatWord(1.5)] }).slice(10)).toEqual([0xffffffff, 0x3fc00000]);
  });

  test("keeps what it has when it grows", () => {
    const batch = new Batch();
    for (let i = 0; i < 5000; i++) batch.add(launch({ kernel: i, words: [i, i] }));
    const { bytes } = batch;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    expect([batch.launches, words.length, words[0], words[12 * 4999], words.at(-1)]).toEqual([5000, 60_000, 0, 4999, 4999]);
  });

  test("is empty after it was cleared", () => {
    const batch = new Batch();
    batch.add(launch({}));
    batch.clear();
    expect([batch.launches, batch.bytes.length]).toEqual([0, 0]);
  });
});
