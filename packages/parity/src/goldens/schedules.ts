import {
  chainedLr,
  constantLr,
  cosineLr,
  cosineWarmRestartsLr,
  exponentialLr,
  linearLr,
  multiStepLr,
  oneCycleLr,
  polynomialLr,
  type Schedule,
  sequentialLr,
  stepLr,
} from "@vertebra/core";

/** Attributes of a golden row, named as in torch.optim.lr_scheduler. */
export type TorchAttrs = Readonly<Record<string, unknown>>;

/**
 * Our schedule for a golden `lr_schedule` row: `kind` (a class of torch.optim.lr_scheduler), `base_lr` and the class's own
 * arguments, PyTorch's defaults where they are missing. SequentialLR and ChainedScheduler have nested rows in `schedulers`, which
 * take the outer `base_lr` unless they have their own.
 * @returns undefined for a kind, attribute or value that Vertebra lacks.
 */
export function scheduleFromTorch(attrs: TorchAttrs): Schedule | undefined {
  const build = typeof attrs.kind === "string" ? KINDS.get(attrs.kind) : undefined;
  if (build === undefined) return undefined;
  const reader = new AttrReader(attrs);
  const schedule = build(reader);
  return reader.isComplete() ? schedule : undefined;
}

type Build = (read: AttrReader) => Schedule | undefined;

const KINDS: ReadonlyMap<string, Build> = new Map<string, Build>([
  [
    "ConstantLR",
    (read) => constantLr({ lr: read.lr(), factor: read.number("factor", 1 / 3), epochs: read.number("total_iters", 5) }),
  ],
  ["LinearLR", readLinear],
  ["StepLR", (read) => stepLr({ lr: read.lr(), stepSize: read.number("step_size"), gamma: read.number("gamma", 0.1) })],
  [
    "MultiStepLR",
    (read) => multiStepLr({ lr: read.lr(), milestones: read.numbers("milestones"), gamma: read.number("gamma", 0.1) }),
  ],
  ["ExponentialLR", (read) => exponentialLr({ lr: read.lr(), gamma: read.number("gamma") })],
  [
    "PolynomialLR",
    (read) => polynomialLr({ lr: read.lr(), epochs: read.number("total_iters", 5), power: read.number("power", 1) }),
  ],
  ["CosineAnnealingLR", (read) => cosineLr({ lr: read.lr(), epochs: read.number("T_max"), minLr: read.number("eta_min", 0) })],
  ["CosineAnnealingWarmRestarts", readWarmRestarts],
  ["OneCycleLR", readOneCycle],
  ["SequentialLR", readSequential],
  ["ChainedScheduler", readChained],
]);

// ChainedScheduler multiplies the current rate. For these kinds that is a product of factors, whatever their order.
const MULTIPLYING = new Set([
  "ConstantLR",
  "LinearLR",
  "StepLR",
  "MultiStepLR",
  "ExponentialLR",
  "PolynomialLR",
  "ChainedScheduler",
]);

function readLinear(read: AttrReader): Schedule {
  const start = read.number("start_factor", 1 / 3);
  return linearLr({ lr: read.lr(), start, end: read.number("end_factor", 1), epochs: read.number("total_iters", 5) });
}

function readWarmRestarts(read: AttrReader): Schedule {
  const periods = { firstPeriod: read.number("T_0"), periodFactor: read.number("T_mult", 1) };
  return cosineWarmRestartsLr({ lr: read.lr(), ...periods, minLr: read.number("eta_min", 0) });
}

function readOneCycle(read: AttrReader): Schedule {
  read.ignore("base_lr", "cycle_momentum", "base_momentum", "max_momentum");
  return oneCycleLr({
    maxLr: read.number("max_lr"),
    steps: read.has("total_steps") ? read.number("total_steps") : read.number("epochs") * read.number("steps_per_epoch"),
    peak: read.number("pct_start", 0.3),
    startDivisor: read.number("div_factor", 25),
    endDivisor: read.number("final_div_factor", 1e4),
    anneal: read.choice("anneal_strategy", { cos: "cosine", linear: "linear" }, "cosine"),
    threePhases: read.boolean("three_phase", false),
  });
}

function readSequential(read: AttrReader): Schedule | undefined {
  const schedules = read.schedules()?.map(scheduleFromTorch);
  const milestones = read.numbers("milestones");
  read.ignore("base_lr");
  return areKnown(schedules) ? sequentialLr({ schedules, milestones }) : undefined;
}

function readChained(read: AttrReader): Schedule | undefined {
  const nested = read.schedules();
  const schedules = nested?.every(({ kind }) => MULTIPLYING.has(String(kind))) ? nested.map(scheduleFromTorch) : undefined;
  const lr = read.lr();
  return areKnown(schedules) ? chainedLr({ lr, schedules }) : undefined;
}

const areKnown = (schedules: (Schedule | undefined)[] | undefined): schedules is Schedule[] =>
  schedules?.every((schedule) => schedule !== undefined) ?? false;

/** Reads typed attributes and remembers which ones it saw and whether one had another type. */
class AttrReader {
  readonly #unread: Set<string>;
  #isValid = true;

  constructor(readonly attrs: TorchAttrs) {
    this.#unread = new Set(Object.keys(attrs));
    this.ignore("kind", "verbose", "last_epoch");
    // Any other start than −1 shifts the epochs.
    if (this.has("last_epoch") && attrs.last_epoch !== -1) this.#isValid = false;
  }

  /** Whether every attribute was understood. */
  isComplete(): boolean {
    return this.#isValid && this.#unread.size === 0;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.attrs, name) && this.attrs[name] !== null;
  }

  ignore(...names: string[]): void {
    for (const name of names) this.#unread.delete(name);
  }

  lr(): number {
    return this.number("base_lr");
  }

  number(name: string, byDefault?: number): number {
    return this.#read(name, byDefault, 1, (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined));
  }

  boolean(name: string, byDefault: boolean): boolean {
    return this.#read(name, byDefault, byDefault, (value) => (typeof value === "boolean" ? value : undefined));
  }

  numbers(name: string): readonly number[] {
    const isNumbers = (value: unknown): value is number[] =>
      Array.isArray(value) && value.every((item) => typeof item === "number");
    return this.#read(name, undefined, [], (value) => (isNumbers(value) ? value : undefined));
  }

  choice<T>(name: string, choices: Readonly<Record<string, T>>, byDefault: T): T {
    return this.#read(name, byDefault, byDefault, (value) =>
      Object.hasOwn(choices, String(value)) ? choices[String(value)] : undefined,
    );
  }

  /** The nested rows, with the outer base_lr where they have none. */
  schedules(): TorchAttrs[] | undefined {
    this.ignore("schedulers");
    const rows = this.attrs.schedulers;
    const isRow = (row: unknown): row is TorchAttrs => typeof row === "object" && row !== null;
    if (!Array.isArray(rows) || rows.length === 0 || !rows.every(isRow)) return undefined;
    return rows.map((row) => ({ base_lr: this.attrs.base_lr, ...row }));
  }

  #read<T>(name: string, byDefault: T | undefined, placeholder: T, convert: (value: unknown) => T | undefined): T {
    this.ignore(name);
    const value = this.has(name) ? convert(this.attrs[name]) : byDefault;
    if (value === undefined) this.#isValid = false;
    return value ?? placeholder;
  }
}
