import { describe, expect, test } from "vitest";
import { encode } from "../dtype";
import { FileFormatError } from "../errors";
import { writeNpy } from "./npy";
import { openNpz } from "./npz";
import { fromBytes } from "./random-access";
import { deflated, zipBytes } from "./testing/zip-bytes";

// What NumPy itself wrote is read in checkpoints.test.ts.
const npy = writeNpy({ dtype: "f32", shape: [2], bytes: encode([1, 2], "f32") });
const open = (bytes: Uint8Array) => openNpz(fromBytes(bytes), "x.npz");

async function errorOf(bytes: Uint8Array): Promise<string> {
  const reading = open(bytes).then((file) => file.read("a"));
  const error = await reading.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(FileFormatError);
  return (error as Error).message;
}

describe("openNpz", () => {
  test("lists arrays by their headers alone", async () => {
    const broken = new Uint8Array(npy);
    broken[npy.byteLength - 1] = 99;
    const file = await open(zipBytes([{ name: "layer/a.npy", data: broken, crc: 1 }]));
    expect(file.entries.get("layer/a")).toMatchObject({ dtype: "f32", shape: [2] });
  });

  test("refuses data that isn't of its checksum", async () => {
    expect(await errorOf(zipBytes([{ name: "a.npy", data: npy, crc: 1 }]))).toMatch(
      /x\.npz: "a" must have its checksum, got .* for 1/,
    );
  });

  test("refuses an entry that is larger than its header says, before inflating it", async () => {
    const bomb = new Uint8Array(50_000_000);
    bomb.set(npy);
    const data = await deflated(bomb);
    expect(data.byteLength).toBeLessThan(100_000);
    const message = await errorOf(zipBytes([{ name: "a.npy", data, method: 8, bytes: bomb.byteLength }]));
    expect(message).toMatch(/x\.npz, array "a": the entry must have the size of f32 \[2\], got 50000000 bytes/);
  });

  test("refuses an entry that inflates to more than the archive says", async () => {
    const bomb = new Uint8Array(50_000_000);
    bomb.set(npy);
    const message = await errorOf(zipBytes([{ name: "a.npy", data: await deflated(bomb), method: 8, bytes: npy.byteLength }]));
    expect(message).toMatch(/"a\.npy" must inflate to 136 bytes, got more/);
  });

  test("refuses other files, and arrays of Python objects", async () => {
    expect(await errorOf(zipBytes([{ name: "a.txt", data: npy }]))).toMatch(/\.npy files only, got "a\.txt"/);
    const objects = new TextEncoder().encode("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n");
    const header = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, objects.byteLength, 0);
    expect(await errorOf(zipBytes([{ name: "a.npy", data: Uint8Array.of(...header, ...objects) }]))).toMatch(
      /x\.npz, array "a": descr must be .* got "\|O"/,
    );
  });
});
