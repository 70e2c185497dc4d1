import { readFileSync } from "node:fs";
import { VertebraError } from "@vertebra/core";
import { type Command, type CommandContext, type CommandName, LOADERS } from "./commands";
import { commandHelp, overview } from "./help";
import { type Io, Output } from "./output";
import { parseCommand, parseCommandName } from "./parse";
import { UsageError } from "./usage-error";

/** Runs one command line and returns the exit code: 0 done, 1 the work failed, 2 the command line is wrong. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const isJson = argv.includes("--json");
  try {
    return await dispatch(argv, io);
  } catch (error) {
    const output = new Output(io, isJson);
    output.warn(describe(error, io));
    output.json({ error: { name: error instanceof Error ? error.name : "Error", message: messageOf(error) } });
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") return help(rest, io, name === undefined);
  if (name === "--version" || name === "-v") {
    io.stdout.write(`${version()}\n`);
    return 0;
  }
  if (name.startsWith("-")) {
    const fix = "Options come after the command: `vertebra --help` lists commands";
    throw new UsageError("vertebra", { rule: "the first argument must be a command", got: `"${name}"`, fix });
  }
  const command = parseCommandName(name);
  const { args, options } = parseCommand(command, rest);
  if (options.help) return help([command], io);
  return run(command, { args, options: options as never, output: new Output(io, options.json === true) });
}

async function run<C extends CommandName>(command: C, context: CommandContext<C>): Promise<number> {
  const start: Command<C> = await LOADERS[command]();
  return start(context);
}

/** `help` and `--help` succeed; no command at all is a mistake. */
function help([topic]: readonly string[], { stdout, stderr }: Io, isMistake = false): number {
  if (topic !== undefined && !topic.startsWith("-")) stdout.write(commandHelp(parseCommandName(topic)));
  else (isMistake ? stderr : stdout).write(overview());
  return isMistake ? 2 : 0;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What people see of an error: its message; for what isn't ours, also where it comes from. */
function describe(error: unknown, { env }: Io): string {
  const isOurs = error instanceof VertebraError || (error instanceof Error && "code" in error && "syscall" in error);
  const text = isOurs && !env.VERTEBRA_DEBUG ? messageOf(error) : (error instanceof Error && error.stack) || String(error);
  return isOurs ? `error: ${text}` : `error: this is a bug in Vertebra, please report it\n${text}`;
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function processIo(): Io {
  // `vertebra models | head` closes the pipe early: no reason to complain.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return process;
}
