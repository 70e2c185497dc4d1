import { FileFormatError } from "../errors";
import { fileDTypeBytes, shownName, swapBytes } from "./host-tensor";
import { unpickle } from "./pickle";
import { PickleInput } from "./pickle-input";
import { flattenPickle } from "./pickle-tree";
import { pickledFile } from "./pickled-file";
import type { ReadStorage } from "./pickled-tensor";
import { readExactly } from "./random-access";
import type { TensorFile } from "./tensor-file";
import { TorchScope } from "./torch-scope";
import type { ZipArchive } from "./zip";
import type { ZipEntry } from "./zip-directory";

/**
 * Opens what `torch.save` writes from PyTorch 1.6 on: a ZIP archive of `name/data.pkl` and one entry for each storage,
 * `name/data/<key>`. Reads the pickle only.
 * @throws FileFormatError if the pickle wants more than tensors and plain containers, or storages aren't as it says.
 */
export async function openZippedPth(zip: ZipArchive, where: string): Promise<TensorFile> {
  const prefix = findPrefix(zip, where);
  const entry = zip.entries.get(`${prefix}${PICKLE}`) as ZipEntry;
  if (entry.bytes > MAX_PICKLE_BYTES) {
    throw new FileFormatError(where, { rule: `${PICKLE} must have at most ${MAX_PICKLE_BYTES} bytes`, got: `${entry.bytes}` });
  }
  const pickle = await zip.open(entry);
  const scope = new TorchScope();
  const leaves = flattenPickle(await unpickle(new PickleInput(pickle, 0, where), scope), where);
  const isSwapped = await readIsBigEndian(zip, prefix, where);

  const entryOfStorage = (key: string): ZipEntry => {
    const entry = zip.entries.get(`${prefix}data/${key}`);
    if (entry !== undefined) return entry;
    throw new FileFormatError(where, {
      rule: "every storage must be in the archive",
      got: `none named ${shownName(`data/${key}`)}`,
    });
  };
  for (const storage of scope.storages.values()) {
    const { bytes } = entryOfStorage(storage.key);
    if (bytes === storage.bytes) continue;
    throw new FileFormatError(where, {
      rule: `storage ${shownName(storage.key)} must have ${storage.bytes} bytes`,
      got: `${bytes}`,
    });
  }
  const read: ReadStorage = async ({ key, dtype }, begin, length) => {
    const bytes = await readExactly(await zip.open(entryOfStorage(key)), begin, length, where);
    if (!isSwapped) return bytes;
    const swapped = new Uint8Array(bytes);
    swapBytes(swapped, fileDTypeBytes(dtype));
    return swapped;
  };
  return pickledFile(leaves, read, where);
}

const PICKLE = "data.pkl";
/** Tensors aren't in it: those of the largest models describe themselves in some MB. */
const MAX_PICKLE_BYTES = 2 ** 28;

/** Whether an archive holds what `torch.save` writes. */
export const isZippedPth = (zip: ZipArchive): boolean => [...zip.entries.keys()].some(isPickle);

/** `archive/data.pkl`: the folder has the name that the file was saved under. */
const isPickle = (name: string): boolean => /^(?:[^/]*\/)?data\.pkl$/.test(name);

function findPrefix(zip: ZipArchive, where: string): string {
  const found = [...zip.entries.keys()].filter(isPickle);
  const [name = ""] = found;
  if (found.length !== 1)
    throw new FileFormatError(where, { rule: `the archive must have one ${PICKLE}`, got: `${found.length}` });
  const prefix = name.slice(0, -PICKLE.length);
  if (!zip.entries.has(`${prefix}constants.pkl`)) return prefix;
  const fix = "Save model.state_dict() with torch.save instead";
  throw new FileFormatError(where, { rule: "the archive must be torch.save's", got: "TorchScript, which is a program", fix });
}

/** PyTorch 2.1 and later say in which order the bytes of an element stand; before, files came from little-endian machines. */
async function readIsBigEndian(zip: ZipArchive, prefix: string, where: string): Promise<boolean> {
  const entry = zip.entries.get(`${prefix}byteorder`);
  if (entry === undefined) return false;
  const order = new TextDecoder().decode(await zip.head(entry, 16));
  if (order === "little" || order === "big") return order === "big";
  throw new FileFormatError(where, { rule: "byteorder must be little or big", got: shownName(order) });
}
