import { ArgumentError, nearestName } from "@vertebra/core";
import { requireValues } from "./option-values";

/** Every option of a type by name, and whether it must be given: the type's own words, so that none is forgotten. */
export type OptionNames<Options> = {
  readonly [Name in keyof Required<Options>]: Partial<Pick<Options, Name>> extends Pick<Options, Name> ? "optional" : "required";
};

/** The same of any options, to look names up. */
export type AnyOptionNames = Readonly<Record<string, "optional" | "required">>;

/**
 * Refuses options from JSON or JavaScript that no type has checked: ones that don't exist, which would be ignored, and required
 * ones that are left out, and values that an option can't have.
 * @throws ArgumentError naming all of them, and the nearest name for each unknown one.
 */
export function requireOptions(where: string, names: AnyOptionNames, options: object): void {
  const given = new Map(Object.entries(options).filter(([, value]) => value !== undefined));
  const known = Object.keys(names);
  const unknown = [...given.keys()].filter((name) => !Object.hasOwn(names, name));
  const missing = known.filter((name) => names[name] === "required" && !given.has(name));
  if (unknown.length + missing.length > 0) throw wrongNames(where, names, { unknown, missing, given: [...given.keys()] });
  requireValues(where, options);
}

interface WrongNames {
  readonly unknown: readonly string[];
  readonly missing: readonly string[];
  readonly given: readonly string[];
}

function wrongNames(where: string, names: AnyOptionNames, { unknown, missing, given }: WrongNames): ArgumentError {
  const known = Object.keys(names);
  const nearest = new Set(unknown.flatMap((name) => nearestName(name, known) ?? []));
  return new ArgumentError(where, {
    rule: missing.length === 0 ? "options must be known names" : `options must be known names, and ${missing.join(", ")} given`,
    got: unknown.length === 0 ? given.join(", ") || "none" : quoted(unknown),
    fix: nearest.size > 0 ? `Did you mean ${quoted([...nearest])}?` : `Known: ${known.join(", ")}`,
  });
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
