import { ArgumentError } from "@vertebra/core";
import type { Dataset } from "./dataset";
import { shuffledOrder } from "./shuffle";

/** One batch as host arrays. */
export interface Batch {
  /** Place in the epoch, from 0 on; batches left out by `skipBatches` count. */
  readonly index: number;
  /** Number of samples N. */
  readonly size: number;
  /** [N, C, H + 2·padding, W + 2·padding] of `images`. */
  readonly shape: readonly [n: number, channels: number, height: number, width: number];
  /** (pixel / 255 − mean) / std, in f32 steps as torchvision's ToTensor and Normalize take them. */
  readonly images: Float32Array;
  /** [N] class indices. */
  readonly labels: Int32Array;
}

export interface LoaderOptions {
  readonly batchSize: number;
  /** Default false: the dataset's order. */
  readonly shuffle?: boolean;
  /** Of the shuffle. Default 0. */
  readonly seed?: bigint | number;
  /** Each epoch has its own order. Default 0. */
  readonly epoch?: number;
  /** Leaves out a last batch that isn't full. Default false. */
  readonly dropLast?: boolean;
  /** Batches made ahead while the caller waits for its device. Default 1; 0 makes each when it is asked for. */
  readonly prefetch?: number;
  /** Only the dataset's first `limit` samples, the same in each epoch. Default all. */
  readonly limit?: number;
  /** Starts at this batch of the epoch, with what an uninterrupted run would have there. Default 0. */
  readonly skipBatches?: number;
  /** Of each channel, in units of pixel / 255. Default 0. */
  readonly mean?: readonly number[];
  /** Of each channel, in units of pixel / 255. Default 1. */
  readonly std?: readonly number[];
  /** Rows and columns of black pixels added on each side, before normalising. Default 0. */
  readonly padding?: number;
}

/** Batches of one epoch; each iteration starts anew. */
export interface BatchLoader extends AsyncIterable<Batch> {
  /** Batches of the whole epoch, those of `skipBatches` included. */
  readonly length: number;
}

/**
 * Batches of one epoch of a dataset, in an order that depends on nothing but `seed` and `epoch`.
 * @throws ArgumentError naming an option that is out of range.
 */
export function loadBatches(dataset: Dataset, options: LoaderOptions): BatchLoader {
  const { batchSize, shuffle = false, seed = 0, epoch = 0, dropLast = false, prefetch = 1, skipBatches = 0 } = options;
  const samples = Math.min(options.limit ?? dataset.length, dataset.length);
  checkCounts({ batchSize, prefetch, skipBatches, padding: options.padding ?? 0, limit: samples });
  const order = shuffle ? shuffledOrder(samples, { seed, epoch }) : Uint32Array.from({ length: samples }, (_, i) => i);
  const length = dropLast ? Math.floor(samples / batchSize) : Math.ceil(samples / batchSize);
  const makeBatch = batchMaker(dataset, options);
  const make = (index: number) => makeBatch(index, order.subarray(index * batchSize, (index + 1) * batchSize));
  return { length, [Symbol.asyncIterator]: () => iterate(make, { from: skipBatches, to: length, prefetch }) };
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly prefetch: number;
}

/** Keeps `prefetch` batches made or in the making, one after the other, in tasks of their own between the caller's. */
async function* iterate(make: (index: number) => Batch, { from, to, prefetch }: Range): AsyncGenerator<Batch, void, undefined> {
  const ahead: Promise<Batch | undefined>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let isDone = false;
  const makeSoon = async (index: number, previous: Promise<unknown>) => {
    await previous;
    await nextTask();
    return isDone ? undefined : make(index);
  };
  try {
    for (let [index, next] = [from, from]; index < to; index++) {
      for (; next < Math.min(to, index + prefetch + 1) && prefetch > 0; next++) {
        const batch = makeSoon(next, last);
        // Whoever takes it sees the error; if nobody does, it mustn't end the process.
        batch.catch(() => {});
        ahead.push(batch);
        last = batch;
      }
      const batch = prefetch > 0 ? await ahead.shift() : make(index);
      if (batch !== undefined) yield batch;
    }
  } finally {
    isDone = true;
  }
}

/** A task, not a microtask: replies of devices and timers get their turn before the next batch is made. */
const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });

function batchMaker(dataset: Dataset, { mean, std, padding = 0 }: LoaderOptions): (index: number, samples: Uint32Array) => Batch {
  const [channels, height, width] = dataset.shape;
  const tables = normalizationTables(channels, mean, std);
  const [paddedHeight, paddedWidth] = [height + 2 * padding, width + 2 * padding];
  const plane = paddedHeight * paddedWidth;
  return (index, samples) => {
    const images = new Float32Array(samples.length * channels * plane);
    const labels = Int32Array.from(samples, (sample) => dataset.labels[sample] as number);
    for (const [n, sample] of samples.entries()) {
      for (const [c, table] of tables.entries()) {
        const from = (sample * channels + c) * height * width;
        const to = (n * channels + c) * plane;
        if (padding > 0) images.fill(table[0] as number, to, to + plane);
        const pixels = dataset.images.subarray(from, from + height * width);
        copyNormalized(pixels, width, table, images.subarray(to + padding * (paddedWidth + 1)), paddedWidth);
      }
    }
    return { index, size: samples.length, shape: [samples.length, channels, paddedHeight, paddedWidth], images, labels };
  };
}

function copyNormalized(pixels: Uint8Array, width: number, table: Float32Array, out: Float32Array, outWidth: number): void {
  for (let from = 0, to = 0; from < pixels.length; from += width, to += outWidth) {
    for (let x = 0; x < width; x++) out[to + x] = table[pixels[from + x] as number] as number;
  }
}

/** What each of the 256 pixel values becomes in each channel, rounded to f32 after every step, as PyTorch does. */
function normalizationTables(channels: number, mean?: readonly number[], std?: readonly number[]): Float32Array[] {
  const { fround } = Math;
  return Array.from({ length: channels }, (_, c) => {
    const [m, s] = [fround(channelValue("mean", channels, mean, c, 0)), fround(channelValue("std", channels, std, c, 1))];
    if (!(s > 0)) throw new ArgumentError("loadBatches", { rule: "std must be positive", got: String(s) });
    return Float32Array.from({ length: 256 }, (__, pixel) => fround(fround(pixel / 255) - m) / s);
  });
}

function channelValue(
  name: string,
  channels: number,
  values: readonly number[] | undefined,
  c: number,
  byDefault: number,
): number {
  if (values === undefined) return byDefault;
  const value = values[c];
  if (values.length === channels && Number.isFinite(value)) return value as number;
  const rule = `${name} must have one finite number for each of ${channels} channels`;
  throw new ArgumentError("loadBatches", { rule, got: `[${values.join(", ")}]` });
}

function checkCounts(counts: Readonly<Record<string, number>>): void {
  const isCount = ([name, value]: [string, number]) => Number.isInteger(value) && value >= (name === "batchSize" ? 1 : 0);
  const wrong = Object.entries(counts).filter((entry) => !isCount(entry));
  if (wrong.length === 0) return;
  const names = wrong.map(([name]) => name).join(", ");
  const rule = `${names} must be an integer ${names.includes("batchSize") ? "> 0" : "≥ 0"}`;
  throw new ArgumentError("loadBatches", { rule, got: wrong.map(([, value]) => value).join(", ") });
}
