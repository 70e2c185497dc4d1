import { ArgumentError, formatShape } from "@vertebra/core";

/** Labelled 8-bit images in memory. */
export interface Dataset {
  /** Number of images, N. */
  readonly length: number;
  /** [C, H, W] of each image. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Name of each class, where known. */
  readonly classes?: readonly string[];
  /** N·C·H·W pixels, 0 to 255. */
  readonly images: Uint8Array;
  /** N class indices. */
  readonly labels: Int32Array;
}

export interface InMemoryOptions {
  /** N·C·H·W pixels; kept, not copied. */
  readonly images: Uint8Array;
  /** N class indices ≥ 0. */
  readonly labels: ArrayLike<number>;
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly classes?: readonly string[];
}

/**
 * A dataset of arrays in memory.
 * @throws ArgumentError if the counts of images and labels differ, or a label isn't the index of a class.
 */
export function inMemoryDataset({ images, labels, shape, classes }: InMemoryOptions, where = "inMemoryDataset"): Dataset {
  const pixels = shape.reduce((product, size) => product * size, 1);
  if (!shape.every((size) => Number.isInteger(size) && size > 0)) {
    throw new ArgumentError(where, { rule: "shape must be [channels, height, width], integers > 0", got: formatShape(shape) });
  }
  if (images.length !== labels.length * pixels) {
    const rule = `images must have labels · channels · height · width = ${labels.length} · ${pixels} pixels`;
    throw new ArgumentError(where, { rule, got: `${images.length}` });
  }
  const limit = classes?.length ?? 2 ** 31;
  const wrong = Array.prototype.findIndex.call(
    labels,
    (label: number) => !Number.isInteger(label) || label < 0 || label >= limit,
  );
  if (wrong >= 0) {
    throw new ArgumentError(where, {
      rule: `labels must be integers from 0 to ${limit - 1}`,
      got: `${labels[wrong]} at ${wrong}`,
    });
  }
  return { length: labels.length, shape, images, labels: Int32Array.from(labels), ...(classes && { classes }) };
}
