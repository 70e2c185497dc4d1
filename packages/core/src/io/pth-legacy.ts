import { FileFormatError } from "../errors";
import { shownName } from "./host-tensor";
import { type PickleScope, unpickle } from "./pickle";
import { PickleInput } from "./pickle-input";
import { flattenPickle } from "./pickle-tree";
import { type PickleValue, shownValue } from "./pickle-value";
import { pickledFile } from "./pickled-file";
import type { PickledStorage } from "./pickled-tensor";
import { type RandomAccess, readExactly } from "./random-access";
import { refusedGlobal } from "./refused-global";
import type { TensorFile } from "./tensor-file";
import { TorchScope } from "./torch-scope";

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/**
 * Opens what `torch.save` wrote before PyTorch 1.6: pickles of a magic number, a version, the machine, the object and the keys
 * of its storages, then each storage as a count of elements (i64) and the elements, always little endian. Reads the pickles
 * and the counts only.
 * @throws FileFormatError if the pickle wants more than tensors and plain containers, or storages aren't as it says.
 */
export async function openLegacyPth(source: RandomAccess, where: string): Promise<TensorFile> {
  const input = new PickleInput(source, 0, where);
  const magic = await unpickle(input, NOTHING);
  const version = magic === MAGIC ? await unpickle(input, NOTHING) : null;
  if (version !== PROTOCOL) {
    const got = magic === MAGIC ? `version ${shownValue(version)}` : "a pickle without PyTorch's number in front";
    throw new FileFormatError(where, {
      rule: `the file must be torch.save's of version ${PROTOCOL}`,
      got,
      fix: "Save it with torch.save",
    });
  }
  await unpickle(input, NOTHING);
  const scope = new TorchScope();
  const leaves = flattenPickle(await unpickle(input, scope), where);
  const keys = await unpickle(input, NOTHING);
  const starts = await locateStorages(source, input.offset, storagesInOrder(keys, scope, where), where);
  return pickledFile(
    leaves,
    (storage, begin, length) => readExactly(source, (starts.get(storage) as number) + begin, length, where),
    where,
  );
}

/** For the pickles around the object, which are numbers, text and plain lists. */
const NOTHING: PickleScope = {
  find: (name, where) => {
    throw refusedGlobal(name, where);
  },
  persistent: (id, where) => {
    throw new FileFormatError(where, { rule: "only the object's pickle may have persistent ids", got: shownValue(id) });
  },
};

function storagesInOrder(keys: PickleValue, { storages }: TorchScope, where: string): readonly PickledStorage[] {
  const found = Array.isArray(keys) ? keys.map((key) => storages.get(String(key))) : [];
  const ordered = found.filter((storage) => storage !== undefined);
  if (ordered.length === found.length && new Set(ordered).size === storages.size && ordered.length === storages.size)
    return ordered;
  const rule = `the file must list each of its ${storages.size} storages once`;
  throw new FileFormatError(where, { rule, got: Array.isArray(keys) ? `${keys.length} keys` : shownValue(keys) });
}

/** Where each storage's elements start. */
async function locateStorages(
  source: RandomAccess,
  start: number,
  storages: readonly PickledStorage[],
  where: string,
): Promise<ReadonlyMap<PickledStorage, number>> {
  const starts = new Map<PickledStorage, number>();
  let offset = start;
  for (const storage of storages) {
    const shownAs = `storage ${shownName(storage.key)}`;
    const end = offset + 8 + storage.bytes;
    if (end > source.size) {
      const rule = `${shownAs} must end inside the file, at ${end}`;
      throw new FileFormatError(where, { rule, got: `${source.size} bytes`, fix: "Is the file whole?" });
    }
    const count = await readExactly(source, offset, 8, where);
    const elements = new DataView(count.buffer, count.byteOffset, 8).getBigInt64(0, true);
    if (elements !== BigInt(storage.elements)) {
      throw new FileFormatError(where, { rule: `${shownAs} must have ${storage.elements} elements`, got: `${elements}` });
    }
    starts.set(storage, offset + 8);
    offset = end;
  }
  return starts;
}
