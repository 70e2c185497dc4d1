import { ArgumentError } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import { inMemoryDataset } from "./dataset";
import { type Batch, type LoaderOptions, loadBatches } from "./loader";
import { shuffledOrder } from "./shuffle";

/** Sample n of 2 channels, 2×3: pixels 12n … 12n + 11 (mod 256), label n. */
const dataset = (length: number) => {
  const images = Uint8Array.from({ length: length * 12 }, (_, i) => i % 256);
  return inMemoryDataset({ images, labels: Array.from({ length }, (_, n) => n), shape: [2, 2, 3] });
};

async function collect(length: number, options: LoaderOptions): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loadBatches(dataset(length), options)) batches.push(batch);
  return batches;
}

const labelsOf = (batches: readonly Batch[]) => batches.map(({ labels }) => [...labels]);

describe("loadBatches", () => {
  test("goes through the dataset in order, the last batch smaller", async () => {
    const batches = await collect(5, { batchSize: 2 });
    expect(labelsOf(batches)).toEqual([[0, 1], [2, 3], [4]]);
    expect(batches.map(({ index, size, shape }) => [index, size, shape])).toEqual([
      [0, 2, [2, 2, 2, 3]],
      [1, 2, [2, 2, 2, 3]],
      [2, 1, [1, 2, 2, 3]],
    ]);
    expect([...batches[1]!.images]).toEqual(Array.from({ length: 24 }, (_, i) => Math.fround((24 + i) / 255)));
  });

  test("leaves out a last batch that isn't full with dropLast", async () => {
    expect(labelsOf(await collect(5, { batchSize: 2, dropLast: true }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(labelsOf(await collect(4, { batchSize: 2, dropLast: true }))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(loadBatches(dataset(5), { batchSize: 2, dropLast: true }).length).toBe(2);
  });

  test("takes the first samples only with limit, shuffled or not", async () => {
    expect(labelsOf(await collect(9, { batchSize: 4, limit: 3 }))).toEqual([[0, 1, 2]]);
    const shuffled = labelsOf(await collect(9, { batchSize: 4, limit: 5, shuffle: true })).flat();
    expect(shuffled.sort()).toEqual([0, 1, 2, 3, 4]);
    expect(labelsOf(await collect(2, { batchSize: 4, limit: 50 }))).toEqual([[0, 1]]);
  });

  test("shuffles by seed and epoch, images with their labels", async () => {
    const options = { batchSize: 8, shuffle: true, seed: 3, epoch: 1 };
    const batches = await collect(20, options);
    expect(labelsOf(batches).flat()).toEqual([...shuffledOrder(20, { seed: 3, epoch: 1 })]);
    for (const { images, labels } of batches) {
      const firstPixels = Array.from(labels, (_, n) => Math.round(images[n * 12]! * 255));
      expect(firstPixels).toEqual(Array.from(labels, (label) => (label * 12) % 256));
    }
    expect(labelsOf(await collect(20, options))).toEqual(labelsOf(batches));
    expect(labelsOf(await collect(20, { ...options, epoch: 2 }))).not.toEqual(labelsOf(batches));
  });

  test.each([0, 1, 3, 100])("goes on exactly where a run stopped: skipBatches with prefetch %d", async (prefetch) => {
    const options = { batchSize: 3, shuffle: true, seed: 9, epoch: 4, prefetch };
    const whole = await collect(20, options);
    for (const skipBatches of [0, 1, 6, 7, 8])
      expect(await collect(20, { ...options, skipBatches })).toEqual(whole.slice(skipBatches));
  });

  test("normalises each channel in f32 steps and pads with black", async () => {
    const [batch] = await collect(1, { batchSize: 1, mean: [0.1307, 0.5], std: [0.3081, 0.25], padding: 1 });
    const f32 = Math.fround;
    const value = (pixel: number, mean: number, std: number) => f32(f32(f32(pixel / 255) - f32(mean)) / f32(std));
    const plane = (first: number, mean: number, std: number) => {
      const at = (y: number, x: number) => (y % 3 === 0 || x % 4 === 0 ? 0 : first + (y - 1) * 3 + x - 1);
      return [0, 1, 2, 3].flatMap((y) => [0, 1, 2, 3, 4].map((x) => value(at(y, x), mean, std)));
    };
    expect(batch!.shape).toEqual([1, 2, 4, 5]);
    expect([...batch!.images]).toEqual([...plane(0, 0.1307, 0.3081), ...plane(6, 0.5, 0.25)]);
    // torch 1.13.1: (torch.tensor(200, dtype=torch.uint8).float() / 255 - 0.1307) / 0.3081 with f32 tensors.
    expect(value(200, 0.1307, 0.3081)).toBe(2.121433973312378);
  });

  test("makes batches ahead while the caller waits, and no more than asked", async () => {
    const made: number[] = [];
    const source = dataset(8);
    const labels = new Proxy(source.labels, {
      get: (target, key) => {
        if (typeof key === "string" && /^\d+$/.test(key)) made.push(Number(key));
        return Reflect.get(target, key);
      },
    });
    const iterator = loadBatches({ ...source, labels }, { batchSize: 1, prefetch: 2 })[Symbol.asyncIterator]();
    expect(made).toEqual([]);
    await iterator.next();
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toEqual([0, 1, 2]);
    await iterator.return?.();
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(made).toEqual([0, 1, 2]);
  });

  test("each iteration starts anew, and two at once don't disturb each other", async () => {
    const loader = loadBatches(dataset(6), { batchSize: 4 });
    const [a, b] = [loader[Symbol.asyncIterator](), loader[Symbol.asyncIterator]()];
    const seen = [await a.next(), await b.next(), await a.next(), await b.next(), await a.next()];
    expect(seen.map(({ value }) => (value ? [...value.labels] : "end"))).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [4, 5],
      [4, 5],
      "end",
    ]);
  });

  test("an error in a batch reaches the caller once", async () => {
    const broken = { ...dataset(6), images: undefined as unknown as Uint8Array };
    const iterator = loadBatches(broken, { batchSize: 1, prefetch: 3 })[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toThrow(TypeError);
    expect((await iterator.next()).done).toBe(true);
  });

  test("gives nothing for an empty dataset", async () => {
    expect(await collect(0, { batchSize: 2, shuffle: true })).toEqual([]);
  });

  test.each<[LoaderOptions, string]>([
    [{ batchSize: 0 }, "loadBatches: batchSize must be an integer > 0, got 0"],
    [{ batchSize: 1.5, prefetch: -1 }, "batchSize, prefetch must be"],
    [{ batchSize: 1, skipBatches: -1 }, "skipBatches must be an integer ≥ 0, got -1"],
    [{ batchSize: 1, limit: Number.NaN }, "limit must be"],
    [{ batchSize: 1, padding: 0.5 }, "padding must be"],
    [{ batchSize: 1, mean: [0.5] }, "mean must have one finite number for each of 2 channels, got [0.5]"],
    [{ batchSize: 1, std: [1, 0] }, "std must be positive, got 0"],
    [{ batchSize: 1, shuffle: true, epoch: -1 }, "epoch must be an integer from 0"],
    [{ batchSize: 1, shuffle: true, seed: -1 }, "seed must be an integer"],
  ])("refuses %j", (options, message) => {
    expect(() => loadBatches(dataset(2), options)).toThrow(ArgumentError);
    expect(() => loadBatches(dataset(2), options)).toThrow(message);
  });
});

describe("inMemoryDataset", () => {
  const images = new Uint8Array(8);

  test("keeps classes where there are some", () => {
    const shape = [1, 2, 2] as const;
    expect(inMemoryDataset({ images, labels: [0, 1], shape, classes: ["a", "b"] }).classes).toEqual(["a", "b"]);
    expect("classes" in inMemoryDataset({ images, labels: [0, 1], shape })).toBe(false);
  });

  test.each([
    [[0, 1, 2], [1, 2, 2], "images must have labels · channels · height · width = 3 · 4 pixels, got 8"],
    [[0, 2], [1, 2, 2], "labels must be integers from 0 to 1, got 2 at 1"],
    [[-1, 0], [1, 2, 2], "got -1 at 0"],
    [[0, 0.5], [1, 2, 2], "got 0.5 at 1"],
    [[0], [0, 2, 2], "shape must be [channels, height, width], integers > 0, got [0, 2, 2]"],
  ] as const)("refuses labels %j of shape %j", (labels, shape, message) => {
    expect(() => inMemoryDataset({ images, labels, shape, classes: ["a", "b"] })).toThrow(message);
  });
});
