import { FileFormatError, formatShape } from "@vertebra/core";
import { type Dataset, inMemoryDataset } from "./dataset";
import { parseIdx } from "./idx";

export type MnistSplit = "train" | "test";

/** The canonical file names; Fashion-MNIST and KMNIST have the same. */
export const MNIST_FILES: { readonly [S in MnistSplit]: { readonly images: string; readonly labels: string } } = {
  train: { images: "train-images-idx3-ubyte", labels: "train-labels-idx1-ubyte" },
  test: { images: "t10k-images-idx3-ubyte", labels: "t10k-labels-idx1-ubyte" },
};

/** Mean of the training pixels / 255, as in PyTorch's MNIST example. */
export const MNIST_MEAN: readonly number[] = [0.1307];
/** Standard deviation of the training pixels / 255. */
export const MNIST_STD: readonly number[] = [0.3081];

export const DIGITS: readonly string[] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

export interface MnistBytes {
  /** IDX file [N, H, W]. */
  readonly images: Uint8Array;
  /** IDX file [N]. */
  readonly labels: Uint8Array;
  /** Ten digits unless given. */
  readonly classes?: readonly string[];
  /** Names of the two files in error messages. */
  readonly names?: { readonly images: string; readonly labels: string };
}

/**
 * The dataset of two IDX files in memory, as fetched in a browser: images [N, H, W] → shape [1, H, W].
 * @throws FileFormatError if a file isn't well-formed, or the two don't belong together.
 */
export function mnistFromBytes({
  images,
  labels,
  classes = DIGITS,
  names = { images: "images", labels: "labels" },
}: MnistBytes): Dataset {
  const { shape, values } = parseIdx(images, names.images);
  const parsedLabels = parseIdx(labels, names.labels);
  const [count, height, width] = shape;
  if (shape.length !== 3 || !height || !width) {
    throw new FileFormatError(names.images, {
      rule: "the images must have shape [N, H, W] with H, W > 0",
      got: formatShape(shape),
    });
  }
  if (parsedLabels.shape.length !== 1 || parsedLabels.shape[0] !== count) {
    const rule = `the labels must have shape [${count}], as many as there are images`;
    throw new FileFormatError(names.labels, { rule, got: formatShape(parsedLabels.shape) });
  }
  const wrong = parsedLabels.values.findIndex((label) => label >= classes.length);
  if (wrong >= 0) {
    const rule = `labels must be below ${classes.length}, the number of classes`;
    throw new FileFormatError(names.labels, { rule, got: `${parsedLabels.values[wrong]} at ${wrong}` });
  }
  return inMemoryDataset({ images: values, labels: parsedLabels.values, shape: [1, height, width], classes });
}
