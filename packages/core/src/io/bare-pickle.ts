import { FileFormatError } from "../errors";
import { type PickleScope, unpickle } from "./pickle";
import { PickleInput } from "./pickle-input";
import { PickleGlobal } from "./pickle-value";
import type { RandomAccess } from "./random-access";
import { TorchScope } from "./torch-scope";

/**
 * The error for a file that is a pickle of protocol 0 or 1, which have no mark in front: by the first name that isn't allowed, where
 * there is one. Undefined for a file that is no pickle from its first byte to a STOP.
 */
export async function refusedBarePickle(source: RandomAccess, where: string): Promise<FileFormatError | undefined> {
  const allowed = new TorchScope();
  let refused: FileFormatError | undefined;
  // Goes on behind a refused name, since any text may begin as a pickle does: nothing is looked up, calls of it give an empty dict.
  const scope: PickleScope = {
    find: (name) => {
      try {
        return allowed.find(name, where);
      } catch (error) {
        if (!(error instanceof FileFormatError)) throw error;
        refused ??= error;
        return new PickleGlobal(name, () => new Map());
      }
    },
    persistent: () => null,
  };
  try {
    await unpickle(new PickleInput(source, 0, where), scope);
  } catch (error) {
    if (error instanceof FileFormatError) return undefined;
    throw error;
  }
  const rule = "the file must be torch.save's";
  return (
    refused ??
    new FileFormatError(where, { rule, got: "a pickle without PyTorch's number in front", fix: "Save it with torch.save" })
  );
}
