import { FileFormatError } from "../errors";

/** JSON with objects as Maps, so that a key such as `__proto__` is a key like any other. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | ReadonlyMap<string, JsonValue>;

/**
 * Parses the JSON (RFC 8259) of a file's header. Stricter than `JSON.parse`: duplicate keys, lone surrogates and nesting
 * deeper than `maxDepth` are refused, since headers that two readers understand differently are how such files are attacked.
 * @throws FileFormatError with the position.
 */
export function parseStrictJson(text: string, where: string, maxDepth = MAX_DEPTH): JsonValue {
  const scanner = new Scanner(text, where, maxDepth);
  const value = scanner.value(0);
  scanner.end();
  return value;
}

const MAX_DEPTH = 8;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/;
// Longer literals than this can't be sizes; the cut keeps the regular expression's work bounded.
const MAX_NUMBER_LENGTH = 40;
const LITERALS = [
  ["true", true],
  ["false", false],
  ["null", null],
] as const;

class Scanner {
  #at = 0;

  constructor(
    readonly text: string,
    readonly where: string,
    readonly maxDepth: number,
  ) {}

  value(depth: number): JsonValue {
    if (depth > this.maxDepth) this.#fail(`at most ${this.maxDepth} levels of nesting`);
    this.#skipSpace();
    const first = this.text[this.#at];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    for (const [word, value] of LITERALS) {
      if (!this.text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#number();
  }

  end(): void {
    this.#skipSpace();
    if (this.#at < this.text.length) this.#fail("nothing after its end");
  }

  #object(depth: number): ReadonlyMap<string, JsonValue> {
    const entries = new Map<string, JsonValue>();
    this.#list("}", () => {
      if (this.text[this.#at] !== '"') this.#fail("a quoted key");
      const start = this.#at;
      const key = this.#string();
      if (entries.has(key)) this.#fail("each key once", start);
      this.#skipSpace();
      if (this.text[this.#at++] !== ":") this.#fail('":" after a key', this.#at - 1);
      entries.set(key, this.value(depth + 1));
    });
    return entries;
  }

  #array(depth: number): readonly JsonValue[] {
    const values: JsonValue[] = [];
    this.#list("]", () => values.push(this.value(depth + 1)));
    return values;
  }

  #list(close: string, item: () => void): void {
    this.#at++;
    this.#skipSpace();
    if (this.text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#skipSpace();
      item();
      this.#skipSpace();
      const next = this.text[this.#at++];
      if (next === close) return;
      if (next !== ",") this.#fail(`"," or "${close}"`, this.#at - 1);
    }
  }

  #string(): string {
    const start = this.#at++;
    let hasEscape = false;
    for (;;) {
      const code = this.text.charCodeAt(this.#at);
      if (!(code >= 0x20)) this.#fail("strings that end and hold no control characters", start);
      if (code === 0x22) break;
      if (code === 0x5c) hasEscape = true;
      this.#at += code === 0x5c ? 2 : 1;
    }
    this.#at++;
    const literal = this.text.slice(start, this.#at);
    const value = hasEscape ? unescaped(literal) : literal.slice(1, -1);
    if (value === undefined || /\p{Surrogate}/u.test(value)) return this.#fail("valid escapes in strings", start);
    return value;
  }

  #number(): number {
    const literal = NUMBER.exec(this.text.slice(this.#at, this.#at + MAX_NUMBER_LENGTH))?.[0];
    if (literal === undefined) return this.#fail("a value");
    this.#at += literal.length;
    return Number(literal);
  }

  #skipSpace(): void {
    while (" \t\n\r".includes(this.text[this.#at] ?? "end")) this.#at++;
  }

  #fail(expected: string, at = this.#at): never {
    const got = at < this.text.length ? `${JSON.stringify(this.text.slice(at, at + 24))} at character ${at}` : "its end";
    throw new FileFormatError(this.where, { rule: `the header must be JSON with ${expected}`, got });
  }
}

function unescaped(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}
