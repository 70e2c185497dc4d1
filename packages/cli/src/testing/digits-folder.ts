import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Philox } from "@vertebra/core";
import { MNIST_FILES } from "@vertebra/data";

/** A folder of IDX files with 28 × 28 images of three classes that are easy to tell apart: bright thirds with noise. */
export function writeDigitsFolder(folder: string, counts: { readonly train: number; readonly test: number }): string {
  mkdirSync(folder, { recursive: true });
  for (const split of ["train", "test"] as const) {
    const n = counts[split];
    const random = new Philox(split === "train" ? 1 : 2);
    const labels = Uint8Array.from({ length: n }, (_, i) => i % 3);
    const images = Uint8Array.from({ length: n * 784 }, (_, i) => {
      const isBright = Math.floor((i % 28) / 10) === labels[Math.floor(i / 784)];
      return (isBright ? 180 : 20) + random.integer(60);
    });
    writeFileSync(join(folder, MNIST_FILES[split].images), idx([n, 28, 28], images));
    writeFileSync(join(folder, MNIST_FILES[split].labels), idx([n], labels));
  }
  return folder;
}

/** The IDX format: two zeros, 8 for unsigned bytes, the number of axes, their sizes as big-endian u32, the data. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + shape.length);
  for (const [i, size] of shape.entries()) view.setUint32(4 + 4 * i, size);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}
