import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Who takes part, by the name used on the command line. `isWasm`: in the same host and with the same instructions as ours. */
export const CONTENDERS = {
  vertebra: { file: "vertebra.mjs", isOurs: true, isWasm: true },
  "ort-web": { file: "ort-web.mjs", isWasm: true },
  "tfjs-wasm": { file: "tfjs-wasm.mjs", isWasm: true },
  "ort-node": { file: "ort-node.mjs" },
  torch: { file: "pytorch.py" },
};

/** Debian's python3, which has python3-torch; another one may come first on PATH. */
const PYTHON = ["/usr/bin/python3", "python3"].find((path) => !path.startsWith("/") || existsSync(path));

/** One contender in a process of its own. Answers come in the order of the requests. */
export class ContenderProcess {
  #child;
  #waiting = [];
  #errors = "";

  /** @param {string} id */
  constructor(id, threads) {
    this.id = id;
    const { file } = CONTENDERS[id];
    const path = fileURLToPath(new URL(`./contenders/${file}`, import.meta.url));
    const program = file.endsWith(".py") ? PYTHON : process.execPath;
    this.#child = spawn(program, [path], { env: environment(threads), stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.on("data", (text) => (this.#errors = (this.#errors + text).slice(-2000)));
    this.#child.on("error", ({ message }) => this.#fail(message));
    this.#child.on("close", (code) =>
      this.#fail(`ended with exit code ${code}: ${this.#errors.trim().split("\n").at(-1) ?? ""}`),
    );
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      if (line.startsWith("@@")) this.#waiting.shift()?.(JSON.parse(line.slice(2)));
    });
  }

  /** `{ error }` if the contender couldn't. */
  ask(request) {
    if (this.#child.exitCode !== null) return Promise.resolve({ error: "has ended" });
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin.write(`${JSON.stringify(request)}\n`, () => {});
    });
  }

  close() {
    this.#child.stdin.end();
    this.#child.kill();
  }

  #fail(error) {
    for (const resolve of this.#waiting.splice(0)) resolve({ error });
  }
}

/** The shell's settings for OpenBLAS would handicap it. */
function environment(threads) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(OPENBLAS|NVPL|MKL|OMP|GOMP|GOTO)_/.test(name));
  return { ...Object.fromEntries(kept), OMP_NUM_THREADS: `${threads}`, PYTHONWARNINGS: "ignore" };
}
