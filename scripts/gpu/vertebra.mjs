import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The command's program, for Node. */
export const COMMAND = join(dirname(fileURLToPath(import.meta.resolve("vertebra"))), "../bin/vertebra.mjs");

/**
 * Runs a command of ours that has `--json` in a process of its own.
 * @returns its document, also where it reports failures; undefined if it took longer than `seconds`
 * @throws with what it said where it has no document
 */
export async function vertebra(args, { seconds = 120 } = {}) {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, error] = [child.stdout, child.stderr].map(collect);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, seconds * 1000);
  const code = await new Promise((done) => child.on("close", (status, signal) => done(status ?? signal)));
  clearTimeout(timer);
  if (isLate) return undefined;
  const document = parse(out());
  if (document === undefined) throw new Error(`vertebra ${args[0]} ended with ${code}: ${error().trim().slice(-500)}`);
  if (document.error) throw new Error(document.error.message);
  return document;
}

function collect(stream) {
  let text = "";
  stream.setEncoding("utf8").on("data", (part) => (text += part));
  return () => text;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
