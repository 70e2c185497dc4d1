import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decode } from "../dtype";
import { ArgumentError, FileFormatError } from "../errors";
import { Philox } from "../random";
import { openPth } from "./pth";
import { fromBytes, type RandomAccess } from "./random-access";
import { assemble, dict, global, legacyFile, long, pickleOf, storage, tensor, text, tuple } from "./testing/pickle-bytes";
import { deflated, type ZipPart, zipBytes } from "./testing/zip-bytes";

const SIX = [1, 2, 3, 4, 5, 6];
const golden = (name: string) => new Uint8Array(readFileSync(new URL(`../../goldens/checkpoints/${name}`, import.meta.url)));
const open = (bytes: Uint8Array) => openPth(fromBytes(bytes), "x.pth");

async function errorOf(bytes: Uint8Array): Promise<Error> {
  const error = await readAll(open(bytes)).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(FileFormatError);
  return error as Error;
}

async function readAll(opening: ReturnType<typeof openPth>): Promise<number> {
  const file = await opening;
  for (const name of file.entries.keys()) expect((await file.read(name)).bytes.byteLength).toBeLessThanOrEqual(2 ** 26);
  return file.entries.size;
}

describe("openPth", () => {
  test("reads views that were saved before PyTorch 0.4, by the storage that they are of", async () => {
    const view = tuple(text("view"), long(2), long(3));
    const file = await open(legacyFile(dict("x", tensor(storage("a", 6, "FloatStorage", view), 1, [2], [1])), { a: SIX }));
    const { bytes } = await file.read("x");
    expect([...decode(bytes, "f32")]).toEqual([4, 5]);
  });

  test("reads only the part of a storage that a tensor spans", async () => {
    const source = counting(fromBytes(legacyFile(dict("x", tensor(storage("a", 5000), 4000, [3], [2])), { a: range(5000) })));
    const file = await openPth(source, "x.pth");
    source.lengths.length = 0;
    expect([...decode((await file.read("x")).bytes, "f32")]).toEqual([4000, 4002, 4004]);
    expect(source.lengths).toEqual([20]);
  });

  test("keeps the names of nested dicts and lists apart by dots", async () => {
    const leaf = tensor(storage("a", 6), 0, [6], [1]);
    const file = await open(legacyFile(dict("state", assemble("](", leaf, dict("w", leaf), "e")), { a: SIX }));
    expect([...file.entries.keys()]).toEqual(["state.0", "state.1.w"]);
  });

  test("says which name a file doesn't have", async () => {
    const file = await open(golden("model-zip.pth"));
    await expect(file.read("y")).rejects.toThrow(ArgumentError);
    await expect(file.read("y")).rejects.toThrow('x.pth: name must be a tensor of the file, got "y"');
  });
});

describe("a tensor that doesn't fit its storage is refused", () => {
  const of = (offset: number, shape: readonly number[], strides: readonly number[]) =>
    legacyFile(dict("x", tensor(storage("a", 6), offset, shape, strides)), { a: SIX });

  test.each<[string, Uint8Array, RegExp]>([
    ["past the end", of(0, [7], [1]), /elements must lie in its storage of 6, got offset 0, size \[7\], stride \[1\]/],
    ["past the end by its offset", of(6, [1], [1]), /lie in its storage of 6/],
    ["past the end by its stride", of(0, [2, 2], [6, 1]), /lie in its storage of 6/],
    ["a negative offset", of(-1, [1], [1]), /integers from 0 on/],
    ["a negative size", of(0, [-1], [1]), /integers from 0 on.*\[-1\]/],
    ["a negative stride", of(5, [2], [-1]), /integers from 0 on/],
    ["another rank of strides", of(0, [2, 3], [1]), /of one rank/],
    ["65 axes", of(0, new Array(65).fill(1), new Array(65).fill(1)), /rank up to 64/],
    ["a size of 2^60", of(0, [2 ** 60], [0]), /integers from 0 on/],
    ["a product of 2^60", of(0, [2 ** 30, 2 ** 30], [0, 0]), /elements must lie/],
    ["a product of 2^60 beside a zero", of(0, [2 ** 30, 2 ** 30, 0], [0, 0, 0]), /elements must lie/],
    ["an expansion that would fill the memory", of(0, [2 ** 40], [0]), /expanded size must take at most 67108864 bytes/],
    ["no storage at all", legacyFile(dict("x", tensor("N", 0, [1], [1])), {}), /storage must be one, got null/],
  ])("%s", async (_, file, message) => {
    expect((await errorOf(file)).message).toMatch(message);
  });
});

describe("storages that aren't as the pickle says are refused", () => {
  const x = dict("x", tensor(storage("a", 6), 0, [6], [1]));
  const view = (begin: number, count: number) => storage("a", 6, "FloatStorage", tuple(text("v"), long(begin), long(count)));

  test.each<[string, Uint8Array, RegExp]>([
    ["missing", legacyFile(x, {}), /list each of its 1 storages once, got 0 keys/],
    ["unknown", legacyFile(x, { a: SIX, b: SIX }), /once, got 2 keys/],
    ["shorter", legacyFile(x, { a: [1] }), /storage "a" must end inside the file/],
    ["of another size", legacyFile(x, { a: [...SIX, 7] }), /storage "a" must have 6 elements, got 7/],
    [
      "of two types",
      legacyFile(assemble("](", storage("a", 6), storage("a", 6, "IntStorage"), "e"), { a: SIX }),
      /one type and size, got f32/,
    ],
    [
      "a view past the end",
      legacyFile(dict("x", tensor(view(4, 3), 0, [3], [1])), { a: SIX }),
      /a view must lie in its storage of 6/,
    ],
    ["no storage", legacyFile(assemble(text("os.system"), "Q"), {}), /a persistent id must be/],
    ["of 2^60 elements", legacyFile(dict("x", storage("a", 2 ** 60)), { a: SIX }), /a persistent id must be/],
    ["of another pickle", assemble(pickleOf(text("x"))), /torch\.save's of version 1001, got a pickle without/],
  ])("%s", async (_, file, message) => {
    expect((await errorOf(file)).message).toMatch(message);
  });

  const archive = (...more: readonly ZipPart[]) => zipBytes([{ name: "m/data.pkl", data: pickleOf(x) }, ...more]);
  const sixFloats = new Uint8Array(new Float32Array(SIX).buffer);
  test.each<[string, () => Uint8Array | Promise<Uint8Array>, RegExp]>([
    ["not in the archive", () => archive(), /every storage must be in the archive, got none named "data\/a"/],
    [
      "shorter in the archive",
      () => archive({ name: "m/data/a", data: sixFloats.subarray(4) }),
      /storage "a" must have 24 bytes, got 20/,
    ],
    ["in another folder", () => archive({ name: "n/data/a", data: sixFloats }), /none named/],
    [
      "deflated to more than they say",
      async () => archive({ name: "m/data/a", data: await deflated(new Uint8Array(1000)), method: 8, bytes: 24 }),
      /"m\/data\/a" must inflate to 24 bytes, got more/,
    ],
    [
      "in an unknown order of bytes",
      () => archive({ name: "m/data/a", data: sixFloats }, { name: "m/byteorder", data: assemble("middle") }),
      /little or big/,
    ],
    ["a second pickle", () => archive({ name: "data.pkl", data: pickleOf("N") }), /one data\.pkl, got 2/],
    ["of TorchScript", () => archive({ name: "m/constants.pkl", data: pickleOf("N") }), /got TorchScript/],
    [
      "a bool of 7",
      () =>
        zipBytes([
          { name: "data.pkl", data: pickleOf(dict("x", tensor(storage("0", 1, "BoolStorage"), 0, [1], [1]))) },
          { name: "data/0", data: Uint8Array.of(7) },
        ]),
      /"x" \(bool\) must hold 0 or 1, got 7/,
    ],
  ])("%s", async (_, file, message) => {
    expect((await errorOf(await file())).message).toMatch(message);
  });

  test("complex storages, by what they are", async () => {
    expect((await errorOf(legacyFile(global("torch", "ComplexFloatStorage"), {}))).message).toMatch(
      /ComplexFloatStorage\. .*complex/,
    );
  });
});

describe("a damaged file gives FileFormatError, or tensors", () => {
  test.each(["model-zip.pth", "model-legacy.pth"])("%s cut anywhere", async (name) => {
    const whole = golden(name);
    for (let length = 0; length < whole.byteLength; length++) await errorOf(whole.subarray(0, length));
  });

  test.each(["model-zip.pth", "model-legacy.pth", "training-zip.pth", "torch2.pt", "deflated.pth"])(
    "%s with any byte changed",
    async (name) => {
      const whole = golden(name);
      const random = new Philox(7);
      let refused = 0;
      for (let i = 0; i < 1000; i++) {
        const damaged = new Uint8Array(whole);
        const index = random.integer(whole.byteLength);
        damaged[index] = (damaged[index] as number) ^ (1 + random.integer(255));
        const error = await readAll(open(damaged)).catch((error: unknown) => error);
        if (typeof error === "number") continue;
        refused++;
        expect(error, `byte ${index}: ${error}`).toBeInstanceOf(FileFormatError);
      }
      expect(refused).toBeGreaterThan(100);
    },
  );
});

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Notes the length of every read. */
function counting(source: RandomAccess): RandomAccess & { readonly lengths: number[] } {
  const lengths: number[] = [];
  const read = (offset: number, length: number) => {
    lengths.push(length);
    return source.read(offset, length);
  };
  return { size: source.size, read, lengths };
}
