export interface ShortenedOptions {
  /** Names shown before the rest is counted. Default: 8. */
  readonly most?: number;
  /** Between names. Default: a comma; take a semicolon where names have commas of their own. */
  readonly separator?: string;
}

/** The first names of a list that may run to hundreds: `a, b and 120 more`. */
export function shortened(names: readonly string[], { most = 8, separator = ", " }: ShortenedOptions = {}): string {
  const left = names.length - most;
  return names.slice(0, most).map(printable).join(separator) + (left > 0 ? ` and ${left} more` : "");
}

/** Names come from files, whose authors may want to speak to the terminal. */
const printable = (name: string): string =>
  name.replaceAll(/\p{Cc}/gu, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`);
