import { ArgumentError } from "../errors";

/** Names in the model → names in the file. */
export type NameMap = ReadonlyMap<string, string>;

export interface StateNamesOptions {
  /** Names of the model's state. Without it only those rules apply that no model is needed for. */
  readonly wanted?: ReadonlySet<string> | undefined;
  /** True: the averaged weights of a file that has both; false: the trained ones. Default: the trained ones where there are any. */
  readonly ema?: boolean | undefined;
}

/** Names of a model's weights, found among all that a file holds. */
export interface StateNames {
  readonly names: NameMap;
  /** What was done to the file's names, in order. */
  readonly rules: readonly string[];
}

/** Keys under which training loops save a model's state; those of moving averages second. */
const TRAINED = ["state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params"] as const;
const AVERAGED = [
  "state_dict_ema",
  "ema_state_dict",
  "model_ema",
  "model_ema_state_dict",
  "ema_model",
  "ema",
  "params_ema",
] as const;

/** First parts of names that belong to a training loop, not to a model. */
const LOOP = /^(?:optim|lr_|sched|scaler|amp$|grad_scaler|loss|criterion|args|callbacks|loops|rng|random)/;
/** What wraps a model for training on many devices, or compiled: parts of names anywhere. */
const WRAPPERS = ["module", "_orig_mod"] as const;
/** How many first parts that all names share may be left out. */
const MAX_SHARED = 3;
const COUNTER = /(?:^|\.)num_batches_tracked$/;

interface Rule {
  /** The names with what was done, or undefined where the rule doesn't apply. */
  readonly apply: (names: NameMap, options: StateNamesOptions, where: string) => readonly [NameMap, string] | undefined;
  /** Tried again after it applied. */
  readonly repeats?: true;
}

/** The rules for files of any model, in the order in which they apply. */
const RULES: readonly Rule[] = [
  { apply: pickSubDict, repeats: true },
  { apply: (names, { wanted }) => without(names, "what isn't the model's", (name) => isLoopState(name, wanted)) },
  { apply: (names) => without(names, '"n_averaged"', (name) => name === "n_averaged") },
  ...WRAPPERS.map((part): Rule => ({ apply: (names, { wanted }) => unwrapped(names, part, wanted) })),
  { apply: dropSharedPrefix },
];

/**
 * The names that the state of a model has in a file, without what training loops put around it: sub-dicts, optimizer state,
 * `module.`, `_orig_mod.` and other prefixes that the model lacks.
 * @throws ArgumentError if `ema` asks for averaged weights of a file without.
 */
export function stateNames(fileNames: Iterable<string>, options: StateNamesOptions, where: string): StateNames {
  let names: NameMap = new Map(Array.from(fileNames, (name) => [name, name]));
  const rules: string[] = [];
  // Averaged weights are chosen once: what is found below them is only unpacked.
  let left = options;
  for (const { apply, repeats } of RULES) {
    for (let done = apply(names, left, where); done !== undefined; done = repeats && apply(names, left, where)) {
      names = done[0];
      rules.push(done[1]);
      left = { wanted: options.wanted };
    }
  }
  return { names, rules };
}

/** Leaves out counters of batches that a model has none for. Last, since other rules may rename them to the model's. */
export const withoutExtraCounters = (names: NameMap, wanted: ReadonlySet<string>): readonly [NameMap, string] | undefined =>
  without(names, "counters of batches", (name) => COUNTER.test(name) && !wanted.has(name));

function pickSubDict(names: NameMap, { wanted, ema }: StateNamesOptions, where: string): readonly [NameMap, string] | undefined {
  const isModels = (key: string) => wanted !== undefined && startsAny(wanted, key);
  const found = (keys: readonly string[]) => keys.filter((key) => startsAny(names.keys(), key) && !isModels(key));
  const [trained, averaged] = [found(TRAINED), found(AVERAGED)];
  if (ema === true && averaged.length === 0) throw noAverages(names, where);
  const isState = wanted !== undefined && [...names.keys()].some((name) => wanted.has(name));
  const key = ema === true ? averaged[0] : isState ? undefined : (trained[0] ?? (ema === false ? undefined : averaged[0]));
  if (key === undefined) return undefined;
  // Whatever lies beside it must be of the training loop, or `model.conv` beside `head.fc` would be half a model.
  const beside = [...names.keys()].map(firstPart).filter((part) => part !== key && part !== undefined) as string[];
  const known: readonly string[] = [...TRAINED, ...AVERAGED];
  if (!ema && !beside.every((part) => known.includes(part) || LOOP.test(part))) return undefined;
  const below = [...names].filter(([name]) => name.startsWith(`${key}.`));
  return [new Map(below.map(([name, own]) => [name.slice(key.length + 1), own])), `names below "${key}"`];
}

/** The part of a name in front of its first dot; undefined for a name without one. */
const firstPart = (name: string): string | undefined => (name.includes(".") ? name.slice(0, name.indexOf(".")) : undefined);

function startsAny(names: Iterable<string>, key: string): boolean {
  for (const name of names) if (name.startsWith(`${key}.`)) return true;
  return false;
}

function isLoopState(name: string, wanted: ReadonlySet<string> | undefined): boolean {
  const part = firstPart(name);
  if (part === undefined) return false;
  const isBeside = LOOP.test(part) || (wanted !== undefined && (AVERAGED as readonly string[]).includes(part));
  return isBeside && !(wanted && startsAny(wanted, part));
}

function without(names: NameMap, what: string, isLeftOut: (name: string) => boolean): readonly [NameMap, string] | undefined {
  const kept = new Map([...names].filter(([name]) => !isLeftOut(name)));
  return kept.size === names.size ? undefined : [kept, `without ${what}`];
}

function unwrapped(
  names: NameMap,
  part: string,
  wanted: ReadonlySet<string> | undefined,
): readonly [NameMap, string] | undefined {
  const has = (name: string) => name.split(".").slice(0, -1).includes(part);
  if (![...names.keys()].some(has) || (wanted && [...wanted].some(has))) return undefined;
  const strip = (name: string) => name.split(".").filter((one, i, all) => one !== part || i === all.length - 1);
  return renamed(names, (name) => strip(name).join("."), `without "${part}."`);
}

/** The first parts that all names have and without which some are the model's. */
function dropSharedPrefix(names: NameMap, { wanted }: StateNamesOptions): readonly [NameMap, string] | undefined {
  const [first = ""] = names.keys();
  if (wanted === undefined || [...names.keys()].some((name) => wanted.has(name))) return undefined;
  for (let parts = 1; parts <= MAX_SHARED; parts++) {
    const prefix = `${first.split(".").slice(0, parts).join(".")}.`;
    if (![...names.keys()].every((name) => name.startsWith(prefix))) return undefined;
    if (![...names.keys()].some((name) => wanted.has(name.slice(prefix.length)))) continue;
    return renamed(names, (name) => name.slice(prefix.length), `without "${prefix}"`);
  }
  return undefined;
}

/** Undefined where two names would become one. */
function renamed(names: NameMap, rename: (name: string) => string, rule: string): readonly [NameMap, string] | undefined {
  const map = new Map([...names].map(([name, own]) => [rename(name), own]));
  return map.size === names.size ? [map, rule] : undefined;
}

function noAverages(names: NameMap, where: string): ArgumentError {
  const parts = [...new Set(Array.from(names.keys(), (name) => firstPart(name) ?? name))].slice(0, 8);
  return new ArgumentError(where, {
    rule: "with ema the file must hold averaged weights",
    got: parts.map((part) => JSON.stringify(part)).join(", "),
    fix: "Leave ema out",
  });
}
