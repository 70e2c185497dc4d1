import { describe, expect, test } from "vitest";
import { COMMANDS, type CommandName, commandRow } from "./commands";
import { flagOf, OPTIONS, optionsFor } from "./options";
import { runCli } from "./testing/run-cli";

const names = Object.keys(COMMANDS) as CommandName[];

describe("help", () => {
  test("lists every command that isn't hidden", async () => {
    const { code, stdout, stderr } = await runCli(["--help"]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const name of names) expect(stdout.includes(`\n  ${name}`)).toBe(!commandRow(name).isHidden);
  });

  test.each(names)("of %s names each of its options and shows examples", async (name) => {
    const { code, stdout } = await runCli([name, "--help"]);
    expect(code).toBe(0);
    for (const key of optionsFor(name)) expect(stdout).toContain(`\n  --${flagOf(key)}`);
    for (const flag of ["device", "threads", "json", "help"]) expect(stdout).toContain(`--${flag}`);
    expect(stdout).toContain(`$ vertebra ${name}`);
    // Option names and examples may be long; text isn't.
    for (const line of stdout.split("\n").filter((line) => !/^ {2}(--|\$)/.test(line)))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  test("is the same by three ways", async () => {
    const texts = await Promise.all([
      runCli(["help", "train"]),
      runCli(["train", "--help"]),
      runCli(["train", "x", "-h", "--epochs", "3"]),
    ]);
    expect(new Set(texts.map(({ stdout }) => stdout)).size).toBe(1);
  });

  test("without a command is a mistake", async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: vertebra COMMAND");
  });

  test("--version prints the package's", async () => {
    expect(await runCli(["--version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe("the option table", () => {
  test("gives no command two options of one flag", () => {
    for (const name of names) {
      const flags = optionsFor(name).map(flagOf);
      expect(new Set(flags).size).toBe(flags.length);
    }
  });

  test("has no option without a command", () => {
    for (const row of Object.values(OPTIONS)) expect(row.commands.length).toBeGreaterThan(0);
  });
});

describe("a wrong command line ends with exit code 2 and says what is meant", () => {
  test.each([
    ["trian", 'vertebra: command must be a known name, got "trian". Did you mean "train"?'],
    ["--json devices", 'vertebra: the first argument must be a command, got "--json"'],
    ["train lenet6", 'vertebra train: MODEL must be a known name, got "lenet6". Did you mean "lenet5"?'],
    ["summary resnet51", 'Did you mean "resnet50"?'],
    ["train lenet5 --epoch 3", 'vertebra train: option must be a known name, got "--epoch". Did you mean "--epochs"?'],
    ["devices --epochs 3", "vertebra devices: option must be a known name"],
    ["train lenet5 -e 3", "vertebra train: options start with two dashes"],
    ["train lenet5 --epochs 0", 'vertebra train: --epochs must be an integer from 1 to 100000, got "0"'],
    ["train lenet5 --epochs 1e3", "--epochs must be an integer"],
    ["train lenet5 --lr -1", '--lr must be a number ≥ 0, got "-1"'],
    ["train lenet5 --lr=", "--lr must be a number"],
    ["train lenet5 --optimizer adma", 'Did you mean "adam"?'],
    ["train lenet5 --out --json", '--out needs a value, got "--json"'],
    ["train lenet5 --json=yes", '--json takes no value, got "yes"'],
    ["train lenet5 --threads 65", "--threads must be an integer from 1 to 64"],
    ["train lenet5 --device gpu", 'device must be a known name, got "gpu". Did you mean "cpu"?'],
    ["train lenet5 --device cpu:1", "device must be a known name"],
    ["train lenet5 --data nowhere", '--data: it must be mnist or a folder of IDX files, got "nowhere"'],
    ["train lenet5 --optimizer adam --momentum 0.9", "--momentum belongs to sgd and rmsprop, got --optimizer adam"],
    ["train lenet5 --warmup 1", "--warmup must stand in front of a schedule that has none of its own, got one-cycle"],
    ["train", "vertebra train: MODEL must be given"],
    ["train lenet5 resnet18", 'vertebra train: takes [MODEL], got "lenet5" "resnet18"'],
    ["devices all", "vertebra devices: takes no arguments"],
    ["summary lenet5 --input 3x2", "--input must be channels x height x width"],
    ["run lenet5 --weights w", "--input IN.safetensors and --output OUT.safetensors must be given"],
    ["predict lenet5 --weights w", "vertebra predict: takes MODEL IMAGE…"],
    ["parity --ops conv2", 'Did you mean "conv2d"?'],
  ])("%s", async (line, message) => {
    const { code, stdout, stderr } = await runCli(line.split(" "));
    expect(stderr).toContain(message);
    expect(stderr.startsWith("error: ")).toBe(true);
    expect(code).toBe(2);
    if (!line.includes("--json")) expect(stdout).toBe("");
  });
});

describe("--json", () => {
  test.each([["devices"], ["models"], ["summary", "lenet5"]])(
    "%s prints one document on stdout and nothing else",
    async (...argv) => {
      const { code, stdout, stderr } = await runCli([...argv, "--json"]);
      expect([code, stderr]).toEqual([0, ""]);
      expect(JSON.parse(stdout)).toBeTypeOf("object");
    },
  );

  test("gives errors as a document too", async () => {
    const { code, stdout, stderr } = await runCli(["summary", "lenet6", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({ error: { name: "UsageError", message: expect.stringContaining("lenet5") } });
    expect(stderr).toContain("lenet5");
  });
});

describe("colour", () => {
  const isColored = (text: string) => text.includes("\x1b[");

  test("is for terminals alone", async () => {
    expect(isColored((await runCli(["models"])).stdout)).toBe(false);
    expect(isColored((await runCli(["models"], { isTTY: true })).stdout)).toBe(true);
  });

  test("is off with NO_COLOR or a dumb terminal, and on with FORCE_COLOR", async () => {
    expect(isColored((await runCli(["models"], { isTTY: true, env: { NO_COLOR: "1" } })).stdout)).toBe(false);
    expect(isColored((await runCli(["models"], { isTTY: true, env: { TERM: "dumb" } })).stdout)).toBe(false);
    expect(isColored((await runCli(["models"], { env: { FORCE_COLOR: "1" } })).stdout)).toBe(true);
  });
});
