// `npm run quickstart` and `npm test` on a machine that has Node and npm only: the pinned pnpm comes through `npm exec`.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const NODE = process.execPath;
const NPM = process.env.npm_execpath?.endsWith("npm-cli.js") ? [NODE, process.env.npm_execpath] : ["npm"];
const VERBOSE = process.env.VERBOSE === "1";

/** What the command line needs, and nothing of the tests, linters or benches. */
const CLI_ONLY = ["--filter", "vertebra..."];
const TURBO = [NODE, "node_modules/turbo/bin/turbo", "run"];
const INSTALL = ["pnpm", "install", "--frozen-lockfile"];

const COMMANDS = {
  async quickstart(args) {
    await step("Installing", [...INSTALL, ...CLI_ONLY]);
    await step("Building", [...TURBO, "build:js", ...CLI_ONLY]);
    return run([NODE, "packages/cli/bin/vertebra.mjs", "quickstart", ...args]);
  },
  async setup() {
    await step("Installing", INSTALL);
    await step("Building", [...TURBO, "build:js"]);
  },
  async test(args) {
    await COMMANDS.setup();
    return run([NODE, "node_modules/vitest/vitest.mjs", "run", ...args]);
  },
  build: () => step("Building", [...TURBO, "build:js", "build:types"]),
  "dev:wasm": () => step("Compiling kernels", [...TURBO, "build:wasm"]),
};

/** Runs a tool behind one line, `Installing … 6.3 s`; what the tool said is shown where it failed. */
async function step(label, command) {
  process.stdout.write(`${label} … ${VERBOSE ? "\n" : ""}`);
  const started = Date.now();
  let output = "";
  const code = await run(command, VERBOSE ? undefined : (text) => (output += text));
  if (code === 0) return console.log(seconds(started));
  console.log(`failed\n${output}\n\`${command.join(" ")}\` ended with exit code ${code}.`);
  process.exit(code);
}

/** Exit code of a command; its output goes to `collect`, or straight to the terminal. */
function run([program, ...args], collect) {
  const env = { ...process.env, DO_NOT_TRACK: "1", TURBO_TELEMETRY_DISABLED: "1", TURBO_PRINT_VERSION_DISABLED: "1" };
  const shell = process.platform === "win32" && program !== NODE;
  const stdio = collect ? ["ignore", "pipe", "pipe"] : "inherit";
  const child = spawn(program, args, { cwd: ROOT, env, shell, stdio });
  if (collect) for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", collect);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(error.message);
      resolve(127);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}

const seconds = (started) => `${((Date.now() - started) / 1000).toFixed(1)} s`;

async function main() {
  const [name, ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (!command) throw new Error(`bootstrap: no command "${name}". Known: ${Object.keys(COMMANDS).join(", ")}`);

  const userAgent = packageManager.replace("@", "/");
  if (process.env.npm_config_user_agent?.startsWith(`${userAgent} `)) return command(args);
  if (process.env.VERTEBRA_BOOTSTRAP) {
    console.log(seconds(Number(process.env.VERTEBRA_BOOTSTRAP)));
    return command(args);
  }
  // Again, with the pinned pnpm first on PATH. Fetched once, npm keeps it in its cache.
  process.stdout.write(`Starting ${packageManager} … `);
  process.env.VERTEBRA_BOOTSTRAP = String(Date.now());
  const self = [NODE, fileURLToPath(import.meta.url), name, ...args];
  return run([...NPM, "exec", "--yes", "--prefer-offline", `--package=${packageManager}`, "--", ...self]);
}

process.exitCode = (await main()) ?? 0;
