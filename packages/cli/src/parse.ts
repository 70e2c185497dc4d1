import { parseArgs } from "node:util";
import { unknownName } from "@vertebra/core";
import { COMMANDS, type CommandName, commandRow } from "./commands";
import { flagOf, OPTIONS, type OptionKey, type OptionRow, optionsFor } from "./options";
import { asUsageError, UsageError } from "./usage-error";

export interface ParsedCommand {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

const rowOf = (key: OptionKey): OptionRow<unknown> => OPTIONS[key];

/** @throws UsageError naming the nearest command. */
export function parseCommandName(name: string): CommandName {
  if (Object.hasOwn(COMMANDS, name)) return name as CommandName;
  const shown = (Object.keys(COMMANDS) as CommandName[]).filter((known) => !commandRow(known).isHidden);
  throw asUsageError(unknownName("vertebra", "command", name, [...shown, "help"]));
}

/** What follows the command's name. @throws UsageError for an unknown option, a value out of range or a wrong number of arguments. */
export function parseCommand(command: CommandName, argv: readonly string[]): ParsedCommand {
  const where = `vertebra ${command}`;
  const keys = new Map(optionsFor(command).map((key) => [flagOf(key), key]));
  const isToggle = (key: OptionKey) => rowOf(key).type.placeholder === undefined;
  const config = Object.fromEntries(
    [...keys].map(([flag, key]) => [flag, { type: isToggle(key) ? "boolean" : "string" } as const]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...config, help: { type: "boolean", short: "h" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const args: string[] = [];
  const options: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.value);
    if (token.kind !== "option") continue;
    const key = keys.get(token.name);
    if (key === undefined) throw unknownOption(where, token.rawName, [...keys.keys()]);
    options[key] = rowOf(key).type.parse(textOf(where, token, isToggle(key)), where, token.name);
  }
  if (options.help === undefined) checkComplete(command, where, args, options);
  return { args, options };
}

interface OptionToken {
  readonly name: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function textOf(where: string, { name, value, inlineValue }: OptionToken, isToggle: boolean): string {
  if (isToggle) {
    if (value === undefined) return "";
    throw new UsageError(where, { rule: `--${name} takes no value`, got: `"${value}"` });
  }
  // `--out --json`: a forgotten value, where `--lr -1` and `--out=--json` are meant as they stand.
  const isForgotten = value === undefined || (inlineValue === false && /^-[^\d.]/.test(value));
  if (isForgotten)
    throw new UsageError(where, { rule: `--${name} needs a value`, got: value === undefined ? "none" : `"${value}"` });
  return value;
}

function unknownOption(where: string, rawName: string, flags: readonly string[]): UsageError {
  if (rawName.startsWith("--"))
    return asUsageError(
      unknownName(
        where,
        "option",
        rawName,
        flags.map((flag) => `--${flag}`),
      ),
    );
  return new UsageError(where, { rule: "options start with two dashes", got: `"${rawName}"`, fix: "-h is the only short one" });
}

function checkComplete(
  command: CommandName,
  where: string,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): void {
  const names = commandRow(command).args;
  const least = names.filter((name) => !name.startsWith("[")).length;
  const most = names.at(-1)?.endsWith("…") ? Number.POSITIVE_INFINITY : names.length;
  const fix = `See \`${where} --help\``;
  if (args.length < least || args.length > most) {
    const rule = names.length === 0 ? "takes no arguments" : `takes ${names.join(" ")}`;
    throw new UsageError(where, { rule, got: args.length === 0 ? "none" : args.map((arg) => `"${arg}"`).join(" "), fix });
  }
  const missing = optionsFor(command).filter((key) => rowOf(key).isRequired && options[key] === undefined);
  if (missing.length === 0) return;
  const shown = missing.map((key) => `--${flagOf(key)} ${rowOf(key).type.placeholder}`);
  throw new UsageError(where, { rule: `${shown.join(" and ")} must be given`, fix });
}
