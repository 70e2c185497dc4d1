import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PYTHON } from "./python.mjs";

const PREFIX = "torch ";

/**
 * PyTorch's times of the same cases, where there is one that sees a GPU; keys are ours behind `torch `. With `isSoftware` on the processor, which tries the
 * script and measures nothing: its records say so. `isCompiled`: models behind torch.compile.
 */
export async function torchPeer(recorder, all, { isSoftware = false, isCompiled = false } = {}) {
  const rows = all.filter(({ key }) => recorder.isOpen(PREFIX + key));
  if (rows.length === 0 || !recorder.isOpen("torch")) return;
  const answers = new Map();
  let reason;
  if (recorder.secondsLeft > 0) {
    const request = { rows, device: isSoftware ? "cpu" : "cuda", isCompiled };
    reason = await ask(request, recorder.secondsLeft, async (answer) => {
      if (answer.key === undefined) answers.set("", answer);
      else await recorder.record(PREFIX + answer.key, async () => answer.record);
    });
  }
  // Only a peer that isn't there is done with: one that was cut short goes on the next time.
  const about = answers.get("");
  const isWhole = rows.every(({ key }) => !recorder.isOpen(PREFIX + key));
  await recorder.record("torch", async () => {
    if (about) return isWhole ? { ...about, brief: `${about.version} on ${about.device}` } : { isCut: true };
    return recorder.secondsLeft > 0 ? { skipped: reason ?? "no answer" } : { isCut: true };
  });
}

/** @returns why there was no answer, if there was none */
function ask(request, seconds, onAnswer) {
  const child = spawn(PYTHON, [join(import.meta.dirname, "torch_peer.py")], { stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-2000)));
  createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("{") && onAnswer(JSON.parse(line)));
  // One that has ended already doesn't read; why, is heard below.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(request));
  const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
  return new Promise((done) => {
    child.on("error", ({ code }) => done(code === "ENOENT" ? `no ${PYTHON}` : code));
    child.on("close", () => {
      clearTimeout(timer);
      done(errors.trim().split("\n").at(-1));
    });
  });
}
