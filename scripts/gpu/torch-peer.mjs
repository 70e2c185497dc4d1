import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PREFIX = "torch ";

/** PyTorch's times of the same cases, where `python3` has it and sees a GPU; keys are ours behind `torch `. */
export async function torchPeer(recorder, all) {
  const rows = all.filter(({ key }) => recorder.isOpen(PREFIX + key));
  if (rows.length === 0 || !recorder.isOpen("torch")) return;
  const answers = new Map();
  let reason;
  if (recorder.secondsLeft > 0) {
    reason = await ask(rows, recorder.secondsLeft, async (answer) => {
      if (answer.key === undefined) answers.set("", answer);
      else await recorder.record(PREFIX + answer.key, async () => answer.record);
    });
  }
  // Only a peer that isn't there is done with: one that was cut short goes on the next time.
  const about = answers.get("");
  const isWhole = rows.every(({ key }) => !recorder.isOpen(PREFIX + key));
  await recorder.record("torch", async () => {
    if (about) return isWhole ? { ...about, brief: about.version } : { isCut: true };
    return { skipped: reason ?? "no answer" };
  });
}

/** @returns why there was no answer, if there was none */
function ask(rows, seconds, onAnswer) {
  const child = spawn("python3", [join(import.meta.dirname, "torch_peer.py")], { stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-2000)));
  createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("{") && onAnswer(JSON.parse(line)));
  // One that has ended already doesn't read; why, is heard below.
  child.stdin.on("error", () => {});
  child.stdin.end(JSON.stringify(rows));
  const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
  return new Promise((done) => {
    child.on("error", ({ code }) => done(code === "ENOENT" ? "no python3" : code));
    child.on("close", () => {
      clearTimeout(timer);
      done(errors.trim().split("\n").at(-1));
    });
  });
}
