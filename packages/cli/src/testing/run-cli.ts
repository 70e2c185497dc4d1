import { main } from "../cli";

/** What a command line left behind. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunCliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
  /** Called with every piece of text, on whichever stream. */
  readonly onText?: (text: string) => void;
}

/** Runs a command line in this process and catches what it writes. */
export async function runCli(
  argv: readonly string[],
  { env = {}, isTTY = false, onText }: RunCliOptions = {},
): Promise<CliResult> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    isTTY,
    columns: 80,
    write(text: string) {
      written[name] += text;
      onText?.(text);
    },
  });
  const code = await main(argv, { stdout: stream("stdout"), stderr: stream("stderr"), env });
  return { code, ...written };
}
