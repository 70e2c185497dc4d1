import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { ArgumentError } from "@vertebra/core";
import { type Dataset, inMemoryDataset, loadMnist, MNIST_FILES, MNIST_MEAN, MNIST_STD, type MnistSplit } from "@vertebra/data";
import { UsageError } from "../usage-error";

/** From pixels (0 to 255) to a model's input; kept in checkpoints, so that eval and predict do what training did. */
export interface Preprocessing {
  /** Size of an image before padding. */
  readonly height: number;
  readonly width: number;
  /** Black rows and columns on each side. */
  readonly padding: number;
  /** Of each channel, in units of pixel / 255. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** LeNet-5 was drawn for 32 × 32, so that strokes at the border of a 28 × 28 digit get to the middle of some filter. */
const PADDED_SIDE = 32;

export const MNIST_PREPROCESSING: Preprocessing = { height: 28, width: 28, padding: 2, mean: MNIST_MEAN, std: MNIST_STD };

/** `mnist`, or a folder of IDX files with MNIST's names. @throws UsageError, ArgumentError, FileFormatError naming the file. */
export async function loadData(data: string, split: MnistSplit): Promise<Dataset> {
  if (data === "mnist") return loadMnist({ split, resolveFrom: import.meta.url });
  if (!statSync(data, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError("--data", { rule: "it must be mnist or a folder of IDX files", got: `"${data}"` });
  }
  const all = Array.from({ length: 256 }, (_, label) => String(label));
  const { images, labels, shape, length } = await loadMnist({ split, folder: data, classes: all });
  if (length === 0) throw new ArgumentError("--data", { rule: `the ${split} images must be at least one`, got: "0" });
  const classes = all.slice(0, labels.reduce((most, label) => Math.max(most, label), 1) + 1);
  return inMemoryDataset({ images, labels, shape, classes });
}

/** A folder may have training images alone. */
export function hasSplit(data: string, split: MnistSplit): boolean {
  if (data === "mnist") return true;
  const path = join(data, MNIST_FILES[split].images);
  return existsSync(path) || existsSync(`${path}.gz`);
}

/** MNIST's published mean and deviation, or those of the images. */
export function preprocessingFor(data: string, dataset: Dataset): Preprocessing {
  const [channels, height, width] = dataset.shape;
  const padding = Math.max(0, Math.ceil((PADDED_SIDE - Math.min(height, width)) / 2));
  if (data === "mnist") return MNIST_PREPROCESSING;
  const moments = Array.from({ length: channels }, (_, c) => channelMoments(dataset, c));
  return { height, width, padding, mean: moments.map(({ mean }) => mean), std: moments.map(({ std }) => std) };
}

/** Mean and standard deviation of pixel / 255, rounded to four digits as such numbers are published. */
function channelMoments({ images, shape, length }: Dataset, c: number): { mean: number; std: number } {
  const [channels, height, width] = shape;
  const plane = height * width;
  const counts = new Float64Array(256);
  for (let n = 0; n < length; n++) {
    for (const pixel of images.subarray((n * channels + c) * plane, (n * channels + c + 1) * plane)) {
      counts[pixel] = (counts[pixel] as number) + 1;
    }
  }
  const total = length * plane;
  const mean = counts.reduce((sum, count, pixel) => sum + (count * pixel) / 255, 0) / total;
  const variance = counts.reduce((sum, count, pixel) => sum + count * (pixel / 255 - mean) ** 2, 0) / total;
  const round = (value: number) => Number(value.toFixed(4));
  // A constant channel stays what it is.
  return { mean: round(mean), std: round(Math.sqrt(variance)) || 1 };
}
