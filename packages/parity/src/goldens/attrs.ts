/** Something a golden row asks for that Vertebra doesn't have (yet): listed, neither failed nor passed. */
export class Lacking extends Error {}

/**
 * PyTorch attributes of a golden row, by name with their aliases. Null counts as left out. Remembers what was read: an attribute
 * that nobody asks for is one that we lack.
 */
export class Attrs {
  readonly #unread: Set<string>;

  constructor(readonly values: Readonly<Record<string, unknown>>) {
    this.#unread = new Set(Object.keys(values));
  }

  /** Attributes that change nothing here: how PyTorch stores or schedules. */
  ignore(...names: string[]): this {
    for (const name of names) this.#unread.delete(name);
    return this;
  }

  /** Accepts `name` only with the value that is PyTorch's default. */
  only(name: string, ...allowed: unknown[]): this {
    const value = this.#find([name]);
    if (value === undefined || allowed.includes(value)) return this;
    throw lackingValue(name, value);
  }

  has(...names: string[]): boolean {
    return names.some((name) => this.values[name] !== undefined && this.values[name] !== null);
  }

  number(names: string | readonly string[], byDefault?: number): number {
    return this.#read(names, byDefault, (value) => (typeof value === "number" ? value : undefined));
  }

  boolean(names: string | readonly string[], byDefault: boolean): boolean {
    return this.#read(names, byDefault, (value) => (typeof value === "boolean" ? value : undefined));
  }

  string(names: string | readonly string[], byDefault?: string): string {
    return this.#read(names, byDefault, (value) => (typeof value === "string" ? value : undefined));
  }

  /** A word that stands for something of ours. */
  choice<T>(names: string | readonly string[], choices: Readonly<Record<string, T>>, byDefault?: T): T {
    return this.#read(names, byDefault, (value) => (Object.hasOwn(choices, String(value)) ? choices[String(value)] : undefined));
  }

  /** One number or a list of them. */
  numbers(names: string | readonly string[], byDefault?: readonly number[]): readonly number[] {
    return this.#read(names, byDefault, (value) => {
      if (typeof value === "number") return [value];
      return isNumbers(value) ? value : undefined;
    });
  }

  /** One number for both axes or a pair. */
  pair(names: string | readonly string[], byDefault?: number): readonly [number, number] {
    return this.#read(names, byDefault === undefined ? undefined : ([byDefault, byDefault] as const), (value) => {
      if (typeof value === "number") return [value, value] as const;
      if (isNumbers(value) && value.length === 1) return [value[0] as number, value[0] as number] as const;
      return isNumbers(value) && value.length === 2 ? ([value[0] as number, value[1] as number] as const) : undefined;
    });
  }

  /** Reduced axes; undefined for all of them. */
  axes(): readonly number[] | undefined {
    if (!this.has("dim", "axis", "dims", "axes")) {
      this.ignore("dim", "axis", "dims", "axes");
      return undefined;
    }
    const axes = this.numbers(["dim", "axis", "dims", "axes"]);
    return axes.length === 0 ? undefined : axes;
  }

  /** The one axis an op works along; it may be the only one of a list. */
  axis(byDefault?: number): number {
    return this.#read(["dim", "axis"], byDefault, (value) => {
      const only = isNumbers(value) && value.length === 1 ? value[0] : value;
      return typeof only === "number" ? only : undefined;
    });
  }

  keepDims(): boolean {
    return this.boolean(["keepdim", "keepdims"], false);
  }

  /** As it stands, for what has a form of its own. */
  raw(name: string): unknown {
    return this.#find([name]);
  }

  /** @throws Lacking naming the attributes nobody asked for. */
  requireAllRead(): void {
    const unread = [...this.#unread].filter((name) => this.values[name] !== null);
    if (unread.length > 0) throw new Lacking(`attribute ${unread.join(", ")}`);
  }

  #read<T>(names: string | readonly string[], byDefault: T | undefined, convert: (value: unknown) => T | undefined): T {
    const list = typeof names === "string" ? [names] : names;
    const value = this.#find(list);
    const converted = value === undefined ? byDefault : convert(value);
    if (converted !== undefined) return converted;
    throw value === undefined ? new Lacking(`a row without attribute ${list[0]}`) : lackingValue(list[0] as string, value);
  }

  #find(names: readonly string[]): unknown {
    for (const name of names) {
      this.#unread.delete(name);
      if (this.has(name)) return this.values[name];
    }
    return undefined;
  }
}

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => typeof item === "number");
const lackingValue = (name: string, value: unknown): Lacking => new Lacking(`attribute ${name} = ${JSON.stringify(value)}`);
