import { readFileSync } from "node:fs";
import { type DType, decode, readSafetensors } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { cropCenter, type Raster, resize, shorterSideTo } from "./resize";

const gradient = (width: number, height: number, channels = 1): Raster => ({
  pixels: Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37) % 256),
  width,
  height,
  channels,
});

describe("resize", () => {
  test("keeps an image of the same size and a constant one of any", () => {
    const image = gradient(7, 5, 3);
    expect(resize(image, 7, 5)).toEqual(image);
    const flat = { ...image, pixels: new Uint8Array(image.pixels.length).fill(200) };
    expect(resize(flat, 13, 2).pixels.every((value) => value === 200)).toBe(true);
  });

  test("halving averages under a triangle: weights 1 3 3 1", () => {
    const image: Raster = { pixels: Uint8Array.of(0, 0, 80, 160, 240, 240, 0, 0), width: 8, height: 1, channels: 1 };
    // Inside: (1·0 + 3·80 + 3·160 + 1·240) / 8; at the left end 3 3 1: (3·0 + 3·0 + 1·80) / 7, rounded.
    expect([...resize(image, 4, 1).pixels]).toEqual([11, 120, 200, 34]);
  });

  test("doubling interpolates at quarter points and keeps the ends", () => {
    const image: Raster = { pixels: Uint8Array.of(0, 100), width: 2, height: 1, channels: 1 };
    expect([...resize(image, 4, 1).pixels]).toEqual([0, 25, 75, 100]);
  });

  test("treats columns as rows", () => {
    const row: Raster = { pixels: gradient(9, 1).pixels, width: 9, height: 1, channels: 1 };
    const column: Raster = { ...row, width: 1, height: 9 };
    expect(resize(column, 1, 4).pixels).toEqual(resize(row, 4, 1).pixels);
  });
});

describe("resize by either filter", () => {
  interface Row {
    readonly channels: number;
    readonly from: readonly [number, number];
    readonly to: readonly [number, number];
    readonly pixels: string;
    readonly bilinear: string;
    readonly bicubic: string;
  }
  const rows: Row[] = JSON.parse(readFileSync(new URL("../../goldens/resize.json", import.meta.url), "utf8"));
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

  test.each(rows.flatMap((row) => (["bilinear", "bicubic"] as const).map((filter) => ({ ...row, filter }))))(
    "is Pillow's, to the bit: $filter, $from to $to",
    ({ channels, from: [width, height], to, pixels, filter, ...expected }) => {
      const resized = resize({ pixels: bytes(pixels), width, height, channels }, ...to, filter);
      expect([...resized.pixels]).toEqual([...bytes(expected[filter])]);
    },
  );
});

describe("sizes", () => {
  test("the longer side is cut to an integer", () => {
    expect(shorterSideTo(256, { width: 500, height: 375 })).toEqual([341, 256]);
    expect(shorterSideTo(256, { width: 375, height: 500 })).toEqual([256, 341]);
  });

  test("crops round halves to even, and pad with black", () => {
    const image: Raster = { pixels: Uint8Array.from({ length: 7 }, (_, i) => i + 1), width: 7, height: 1, channels: 1 };
    // (7 − 4) / 2 = 1.5 → 2; (7 − 2) / 2 = 2.5 → 2.
    expect([...cropCenter(image, 4, 1).pixels]).toEqual([3, 4, 5, 6]);
    expect([...cropCenter(image, 2, 1).pixels]).toEqual([3, 4]);
    expect([...cropCenter(image, 9, 1).pixels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0]);
  });
});

// Made with torchvision 0.14 and Pillow: shorter side to 32, middle 28 × 28.
test("resize and crop are Pillow's, to the bit", () => {
  const sample = new URL("../../goldens/preset_landscape.safetensors", import.meta.url);
  const { tensors } = readSafetensors(readFileSync(sample));
  const x = tensors.get("in.x")!;
  const [channels, height, width] = x.shape as [number, number, number];
  const plane = height * width;
  const pixels = Uint8Array.from(
    { length: channels * plane },
    (_, i) => x.bytes[(i % channels) * plane + Math.floor(i / channels)] as number,
  );
  const [resizedWidth, resizedHeight] = shorterSideTo(32, { width, height });
  const cropped = cropCenter(resize({ pixels, width, height, channels }, resizedWidth, resizedHeight), 28, 28);
  const expected = tensors.get("out.cropped")!;
  const values = decode(expected.bytes, expected.dtype as DType);
  const actual = Array.from({ length: values.length }, (_, i) => cropped.pixels[(i % 784) * channels + Math.floor(i / 784)]);
  expect(actual).toEqual([...values]);
});
