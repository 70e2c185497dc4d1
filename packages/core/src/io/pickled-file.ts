import { NumpyArray } from "./numpy-globals";
import type { PickleLeaves } from "./pickle-tree";
import { type ReadStorage, readPickledTensor } from "./pickled-tensor";
import { entryOf, type TensorEntry, type TensorFile } from "./tensor-file";

/** The leaves of a checkpoint's pickle as a TensorFile, whose storages `readStorage` gives. */
export function pickledFile({ tensors, texts }: PickleLeaves, readStorage: ReadStorage, where: string): TensorFile {
  const describe = (leaf: TensorEntry): TensorEntry => ({ dtype: leaf.dtype, shape: leaf.shape });
  const entries = new Map(
    [...tensors].map(([name, leaf]) => [name, describe(leaf instanceof NumpyArray ? leaf.tensor : leaf)] as const),
  );
  return {
    entries,
    metadata: texts,
    read: async (name) => {
      const leaf = entryOf(tensors, name, where);
      return leaf instanceof NumpyArray ? leaf.tensor : readPickledTensor(name, leaf, where, readStorage);
    },
  };
}
