import { wrap } from "./wrap";

/** Where a command writes. `process` is one; tests give their own. */
export interface Io {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof CODES;

/** What a command says: to people on stdout, or with `--json` one document there and all else on stderr. */
export class Output {
  /** Escape codes are welcome. */
  readonly hasColor: boolean;
  /** A terminal on which a line can be drawn over. */
  readonly isLive: boolean;
  readonly width: number;
  readonly #people: Stream;
  #liveLength = 0;

  constructor(
    readonly io: Io,
    readonly isJson: boolean,
  ) {
    this.#people = isJson ? io.stderr : io.stdout;
    const { NO_COLOR, FORCE_COLOR, TERM } = io.env;
    const isTerminal = this.#people.isTTY === true && TERM !== "dumb";
    this.isLive = isTerminal;
    // https://no-color.org: set and not empty.
    this.hasColor = !NO_COLOR && (isTerminal || (FORCE_COLOR !== undefined && FORCE_COLOR !== "0"));
    this.width = Math.max(40, this.#people.columns ?? 80);
  }

  /** A line (or more) for people. */
  say(text = ""): void {
    this.clearLive();
    this.#people.write(`${text}\n`);
  }

  /** Words for people below a table, indented as it is and wrapped. */
  note(text: string): void {
    for (const line of wrap(text, this.width - 2)) this.say(`  ${line}`);
  }

  /** A line for people that isn't the result: always on stderr. */
  warn(text: string): void {
    this.clearLive();
    this.io.stderr.write(`${text}\n`);
  }

  /** The document; at most one per command. Without `--json`, nothing. */
  json(value: unknown): void {
    if (this.isJson) this.io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** Text without a newline after it: `Loading … `. */
  begin(text: string): void {
    this.clearLive();
    this.#people.write(text);
  }

  /** Draws over the last live line; only where `isLive`. */
  live(line: string): void {
    if (!this.isLive) return;
    const length = visibleLength(line);
    this.#people.write(`\r${line}${" ".repeat(Math.max(0, this.#liveLength - length))}`);
    this.#liveLength = length;
  }

  clearLive(): void {
    if (this.#liveLength === 0) return;
    this.#people.write(`\r${" ".repeat(this.#liveLength)}\r`);
    this.#liveLength = 0;
  }

  /** `text` in a style, where escape codes are welcome. */
  paint(style: Style, text: string): string {
    return this.hasColor ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text;
  }

  /** Columns two spaces apart under a dim head; those of numbers to the right. */
  table(head: readonly string[], rows: readonly (readonly string[])[], rightColumns: readonly number[] = []): void {
    for (const line of this.tableLines(head, rows, rightColumns)) this.say(line);
  }

  /**
   * A table which on a terminal too narrow for it goes without some of its columns, by title: the first of `spare`, then the next,
   * until it fits. Says below what is left out. Files and pipes get all.
   */
  fittedTable(
    head: readonly string[],
    rows: readonly (readonly string[])[],
    { right, spare }: { readonly right: readonly string[]; readonly spare: readonly string[] },
  ): void {
    const width = this.#people.columns ?? Number.POSITIVE_INFINITY;
    for (let out = 0; out <= spare.length; out++) {
      const isKept = (c: number) => !spare.slice(0, out).includes(head[c] as string);
      const kept = (row: readonly string[]) => row.filter((_, c) => isKept(c));
      const titles = kept(head);
      const rightColumns = right.map((title) => titles.indexOf(title));
      const lines = this.tableLines(titles, rows.map(kept), rightColumns);
      if (out < spare.length && lines.some((line) => visibleLength(line) > width)) continue;
      for (const line of lines) this.say(line);
      const columns = head.filter((title) => !titles.includes(title)).join(", ");
      if (out > 0) this.say(this.paint("dim", `  Without ${columns}, for lack of width: --json has all`));
      return;
    }
  }

  tableLines(head: readonly string[], rows: readonly (readonly string[])[], rightColumns: readonly number[] = []): string[] {
    const widths = head.map((title, c) => Math.max(visibleLength(title), ...rows.map((row) => visibleLength(row[c] ?? ""))));
    const line = (row: readonly string[]) => {
      const cells = row.map((cell, c) => {
        const space = " ".repeat((widths[c] ?? 0) - visibleLength(cell));
        return rightColumns.includes(c) ? space + cell : cell + space;
      });
      return `  ${cells.join("  ").trimEnd()}`;
    };
    return [this.paint("dim", line(head)), ...rows.map(line)];
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes start with one.
const visibleLength = (text: string): number => text.replaceAll(/\x1b\[[0-9;]*m/g, "").length;
