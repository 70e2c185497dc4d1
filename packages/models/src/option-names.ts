import { ArgumentError, nearestName } from "@vertebra/core";

/** Every option of a type by name, and whether it must be given: the type's own words, so that none is forgotten. */
export type OptionNames<Options> = {
  readonly [Name in keyof Required<Options>]: Partial<Pick<Options, Name>> extends Pick<Options, Name> ? "optional" : "required";
};

/** The same of any options, to look names up. */
export type AnyOptionNames = Readonly<Record<string, "optional" | "required">>;

/**
 * Refuses options from JSON or JavaScript that no type has checked: ones that don't exist, which would be ignored, and required
 * ones that are left out.
 * @throws ArgumentError naming all of them, and the nearest name for each unknown one.
 */
export function requireOptions(where: string, names: AnyOptionNames, options: object): void {
  const given = new Map(Object.entries(options).filter(([, value]) => value !== undefined));
  const known = Object.keys(names);
  const unknown = [...given.keys()].filter((name) => !Object.hasOwn(names, name));
  const missing = known.filter((name) => names[name] === "required" && !given.has(name));
  if (unknown.length === 0 && missing.length === 0) return;
  const nearest = new Set(unknown.flatMap((name) => nearestName(name, known) ?? []));
  throw new ArgumentError(where, {
    rule: missing.length === 0 ? "options must be known names" : `options must be known names, and ${missing.join(", ")} given`,
    got: unknown.length === 0 ? [...given.keys()].join(", ") || "none" : quoted(unknown),
    fix: nearest.size > 0 ? `Did you mean ${quoted([...nearest])}?` : `Known: ${known.join(", ")}`,
  });
}

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");
