import { FileFormatError } from "../errors";
import { fileDTypeBytes } from "./host-tensor";
import { NUMPY_GLOBALS } from "./numpy-globals";
import type { PickleScope } from "./pickle";
import { type PickleGlobal, type PickleValue, shownValue } from "./pickle-value";
import { PickledStorage, StorageView } from "./pickled-tensor";
import { PLAIN_GLOBALS } from "./plain-globals";
import { refusedGlobal } from "./refused-global";
import { StorageType, TORCH_GLOBALS } from "./torch-globals";

const ALLOWED: ReadonlyMap<string, PickleGlobal> = new Map(
  [...PLAIN_GLOBALS, ...TORCH_GLOBALS, ...NUMPY_GLOBALS].map((known) => [known.name, known]),
);

/** What the pickle of one PyTorch file may refer to: the allow-list, and the file's storages, which it collects. */
export class TorchScope implements PickleScope {
  /** By the key under which the file holds their elements. */
  readonly storages = new Map<string, PickledStorage>();

  find(name: string, where: string): PickleGlobal {
    const known = ALLOWED.get(name);
    if (known === undefined) throw refusedGlobal(name, where);
    return known;
  }

  /** `("storage", type, key, location, elements)`, and before PyTorch 1.6 also a view: None or (key, begin, elements). */
  persistent(id: PickleValue, where: string): PickleValue {
    const [kind, type, key, , elements, view = null] = Array.isArray(id) ? id : [];
    const isKey = typeof key === "string" || typeof key === "number";
    if (kind !== "storage" || !(type instanceof StorageType) || !isKey || !isCount(elements, type)) {
      const rule = 'a persistent id must be ("storage", type, key, location, elements)';
      throw new FileFormatError(where, {
        rule,
        got: Array.isArray(id) ? id.slice(0, 6).map(shownValue).join(", ") : shownValue(id),
      });
    }
    const storage = this.#storage(new PickledStorage(`${key}`, type.dtype, elements), where);
    if (view === null) return storage;
    const [, begin, count] = Array.isArray(view) ? view : [];
    if (isCount(begin, type) && isCount(count, type) && begin + count <= elements) return new StorageView(storage, begin, count);
    throw new FileFormatError(where, { rule: `a view must lie in its storage of ${elements}`, got: shownValue(view) });
  }

  #storage(found: PickledStorage, where: string): PickledStorage {
    const known = this.storages.get(found.key) ?? found;
    this.storages.set(found.key, known);
    if (known.dtype === found.dtype && known.elements === found.elements) return known;
    const got = `${known.dtype} [${known.elements}] and ${found.dtype} [${found.elements}]`;
    throw new FileFormatError(where, { rule: `storage ${shownValue(found.key)} must have one type and size`, got });
  }
}

const isCount = (value: PickleValue | undefined, { dtype }: StorageType): value is number =>
  typeof value === "number" && value >= 0 && Number.isSafeInteger(value) && Number.isSafeInteger(value * fileDTypeBytes(dtype));
