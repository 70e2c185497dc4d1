import { COMMANDS, type CommandName, commandRow } from "./commands";
import { flagOf, OPTIONS, type OptionRow, optionsFor } from "./options";
import { wrap } from "./wrap";

const WIDTH = 80;

const visible = (Object.keys(COMMANDS) as CommandName[]).filter((name) => !commandRow(name).isHidden);

/** What `vertebra --help` prints. */
export function overview(): string {
  const rows = visible.map((name): [string, string] => [[name, ...commandRow(name).args].join(" "), commandRow(name).summary]);
  return [
    "Vertebra: train and run vision backbones on whatever device `vertebra devices` lists.",
    "",
    "Usage: vertebra COMMAND [ARGUMENTS] [OPTIONS]",
    "",
    ...columns(rows),
    "",
    "`vertebra COMMAND --help` shows its options and examples; `vertebra --version` the version.",
    "Exit codes: 0 done, 1 the work failed, 2 the command line is wrong.",
    "",
  ].join("\n");
}

/** What `vertebra COMMAND --help` prints. */
export function commandHelp(command: CommandName): string {
  const { summary, args, examples, notes, json } = commandRow(command);
  return [
    `${summary}.`,
    "",
    `Usage: vertebra ${[command, ...args].join(" ")} [OPTIONS]`,
    "",
    "Options:",
    ...columns(optionRows(command)),
    "",
    "Examples:",
    ...examples.flatMap(([line, does]) => [`  $ ${line}`, `      ${does}`]),
    "",
    ...(notes ? [...wrap(notes, WIDTH), ""] : []),
    ...wrap(`With --json: ${json}`, WIDTH),
    "",
  ].join("\n");
}

/** Every command with its options and its JSON, as Markdown: most of docs/cli.md. */
export function commandReference(): string {
  const section = (command: CommandName) => {
    const { summary, args, examples, notes, json } = commandRow(command);
    const cell = (text: string) => text.replaceAll("|", "\\|");
    return [
      `## vertebra ${[command, ...args].join(" ")}`,
      "",
      `${summary}.${notes ? ` ${notes}` : ""}`,
      "",
      "```sh",
      ...examples.map(([line, does]) => `${line}   # ${does}`),
      "```",
      "",
      "| option | |",
      "| --- | --- |",
      ...optionRows(command).map(([name, help]) => `| \`${cell(name)}\` | ${cell(help)} |`),
      "",
      `With \`--json\`: \`${json}\``,
    ].join("\n");
  };
  return visible.map(section).join("\n\n");
}

function optionRows(command: CommandName): [string, string][] {
  return optionsFor(command).map((key) => {
    const { type, help, byDefault, isRequired }: OptionRow<unknown> = OPTIONS[key];
    const name = [`--${flagOf(key)}`, ...(type.placeholder ? [type.placeholder] : [])].join(" ");
    return [name, [help, ...(byDefault ? [`Default: ${byDefault}.`] : []), ...(isRequired ? ["Must be given."] : [])].join(" ")];
  });
}

/** Names left, texts right, wrapped; a long name takes a line of its own. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.min(28, Math.max(...rows.map(([name]) => name.length)) + 4);
  return rows.flatMap(([name, help]) => {
    const lines = wrap(help, WIDTH - left);
    const isLong = name.length + 4 > left;
    const first = isLong ? [`  ${name}`] : [];
    return [...first, ...lines.map((line, i) => (i === 0 && !isLong ? `  ${name}`.padEnd(left) : "".padEnd(left)) + line)];
  });
}
