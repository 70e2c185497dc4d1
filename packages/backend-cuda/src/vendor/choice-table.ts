import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { Choice } from "./choice";

/** Changes when keys or what they stand for do. */
const FORMAT = 1;

interface Content {
  readonly format: number;
  readonly device: string;
  readonly choices: Readonly<Record<string, Choice>>;
}

/** `$XDG_CACHE_HOME/vertebra/cuda-<hash>.json`, by default in `~/.cache`: one for each GPU, driver and library. */
export function choicePath(device: string): string {
  const hash = createHash("sha256").update(device).digest("hex").slice(0, 16);
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vertebra", `cuda-${hash}.json`);
}

/** What was measured on a device. `device` names all that measurements depend on. */
export class ChoiceTable {
  readonly #choices: Map<string, Choice>;

  constructor(
    readonly device: string,
    readonly path = choicePath(device),
  ) {
    this.#choices = new Map(Object.entries(readChoices(path, device)));
  }

  get isEmpty(): boolean {
    return this.#choices.size === 0;
  }

  get(key: string): Choice | undefined {
    return this.#choices.get(key);
  }

  /** Adds to what is there, in memory and in the file. */
  add(key: string, choice: Choice): void {
    this.#choices.set(key, choice);
    // Another process may have measured meanwhile.
    const choices = { ...readChoices(this.path, this.device), ...Object.fromEntries(this.#choices) };
    const content: Content = { format: FORMAT, device: this.device, choices };
    mkdirSync(dirname(this.path), { recursive: true });
    const part = `${this.path}.${process.pid}.part`;
    writeFileSync(part, `${JSON.stringify(content, null, 1)}\n`);
    renameSync(part, this.path);
  }
}

/** None where there is no such file, or one that says something else: it will be written anew. */
function readChoices(path: string, device: string): Content["choices"] {
  try {
    const content = JSON.parse(readFileSync(path, "utf8")) as Content;
    if (content.format !== FORMAT || content.device !== device) return {};
    const isChoice = ([, choice]: [string, unknown]) => choice === "own" || choice === "vendor";
    return Object.fromEntries(Object.entries(content.choices).filter(isChoice));
  } catch {
    return {};
  }
}
