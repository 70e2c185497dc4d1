import type { NameMap } from "./state-names";

/** Renames one kind of name, `$1` as in `String.replace`; of several targets the first that the model has and no other name takes. */
export interface KeyRename {
  readonly from: RegExp;
  readonly to: string | readonly string[] | ((...groups: string[]) => string);
  /** The tensor [N, C, h, w] of a convolution that sees the whole map becomes a linear layer's [N, C · h · w]. */
  readonly flatten?: true;
}

/** How a module's state is called elsewhere: rows for `Module.keyTables`. A rename holds only if its target is in the module. */
export interface KeyTable {
  /** As reports show it. */
  readonly name: string;
  /** Only files with such a name, which the module doesn't have, are concerned. */
  readonly when: RegExp;
  readonly renames?: readonly KeyRename[];
  /** Names that a module may lack: they are left out then. */
  readonly optional?: RegExp;
  /** Biases of convolutions in front of a batch norm, for modules without: they are taken from the norm's mean, `to`. */
  readonly folds?: readonly { readonly from: RegExp; readonly to: string }[];
}

/** Names after a table, and what the tensors behind them need. */
export interface TableResult {
  readonly names: NameMap;
  readonly flattened: ReadonlySet<string>;
  /** Running means by name, with the file's names of the biases to take from them. */
  readonly folded: ReadonlyMap<string, string>;
}

/** The names with a table's rows applied, or undefined where it isn't for this file or changes nothing. */
export function applyKeyTable(table: KeyTable, names: NameMap, wanted: ReadonlySet<string>): TableResult | undefined {
  const extra = [...names.keys()].filter((name) => !wanted.has(name));
  if (!extra.some((name) => table.when.test(name))) return undefined;
  const result = new Map([...names].filter(([name]) => wanted.has(name)));
  const [flattened, folded] = [new Set<string>(), new Map<string, string>()];
  let changes = 0;
  for (const name of extra) {
    const own = names.get(name) as string;
    const row = table.renames?.find(({ from }) => from.test(name));
    const target = row && targetsOf(name, row).find((one) => wanted.has(one) && !result.has(one));
    const mean = foldTarget(table, name);
    if (target !== undefined) {
      result.set(target, own);
      if (row?.flatten) flattened.add(target);
    } else if (mean !== undefined && wanted.has(mean)) folded.set(mean, own);
    else if (!table.optional?.test(name)) {
      result.set(name, own);
      continue;
    }
    changes++;
  }
  return changes === 0 ? undefined : { names: result, flattened, folded };
}

function targetsOf(name: string, { from, to }: KeyRename): string[] {
  if (typeof to === "function") return [name.replace(from, (_, ...groups: string[]) => to(...groups))];
  return (typeof to === "string" ? [to] : to).map((one) => name.replace(from, one));
}

/** The mean that takes a bias: by the bias's name in the file, or by the one that it has after renaming. */
function foldTarget({ folds = [], renames = [] }: KeyTable, name: string): string | undefined {
  const row = renames.find(({ from }) => from.test(name));
  for (const one of [name, ...(row ? targetsOf(name, row) : [])]) {
    const fold = folds.find(({ from }) => from.test(one));
    if (fold) return one.replace(fold.from, fold.to);
  }
  return undefined;
}
