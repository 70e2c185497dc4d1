import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { findMnistFolder, MNIST_FILES } from "@vertebra/data";
import { COMMAND } from "../vertebra.mjs";

const PROGRAM = join(import.meta.dirname, "../fault-program.mjs");
/** Bytes of the test driver's device: a processor's memory isn't to be filled. */
const SMALL_DEVICE = { VERTEBRA_CUDA_HOST_MEMORY: `${64 << 20}` };
const TASKS = {
  cuda: ["tooLarge", "fullDevice", "smallerBatch"],
  // Memory that WebGPU promises and hasn't, shows too late to fill it on purpose.
  webgpu: ["tooLarge"],
};
const POLL_MS = 5;

/** What must not break when something fails: each in processes of its own, on whatever driver there is. */
export async function run(recorder, { backend, isSoftware }) {
  const env = isSoftware ? SMALL_DEVICE : {};
  for (const task of TASKS[backend]) await recorder.record(task, () => inProcess(recorder, { task, backend, env }));
  await recorder.record("twoProcesses", async () => {
    const both = await Promise.all([1, 2].map(() => inProcess(recorder, { task: "sums", backend })));
    return both.find(({ ok }) => !ok) ?? { ...both[0], isCut: both.some(({ isCut }) => isCut) };
  });
  await recorder.record("killedTraining", () => killedTraining(recorder, { backend, isSoftware }));
}

/** @returns the record of a task of fault-program.mjs */
async function inProcess(recorder, { task, backend, env = {} }) {
  const { error, stdout, stderr } = await ended(recorder, [PROGRAM, task, backend], env);
  if (error?.killed) return { isCut: true };
  if (error) return { ok: false, error: `${task} ended with ${error.code ?? error.signal}: ${stderr.trim().slice(-500)}` };
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

/** A run that SIGKILL ends in the middle of a step, and that is resumed, comes to the same bytes as one that wasn't. */
async function killedTraining(recorder, { backend, isSoftware }) {
  const folder = mkdtempSync(join(tmpdir(), "vertebra-kill-"));
  const path = (name) => join(folder, `${name}.safetensors`);
  // Training images alone: an evaluation behind each epoch would only take its time.
  for (const name of Object.values(MNIST_FILES.train)) symlinkSync(join(mnistFolder(), name), join(folder, name));
  const length = isSoftware ? "--epochs 2 --limit 400 --batch-size 20" : "--epochs 2 --limit 20000";
  const train = ["train", "lenet5", "--device", backend, "--data", folder, ...length.split(" "), "--save-every", "5"];
  try {
    const whole = await ended(recorder, [COMMAND, ...train, "--out", path("whole")]);
    if (whole.error) return stopped("a run that nobody disturbs", whole);
    const killed = ended(recorder, [COMMAND, ...train, "--out", path("part")]);
    // Not at once: a checkpoint that is written over is what a kill may hit.
    const isRunning = () => killed.child.exitCode === null && killed.child.signalCode === null;
    while (!existsSync(path("part")) && isRunning()) await setTimeout(POLL_MS);
    await setTimeout(10 * POLL_MS);
    killed.child.kill("SIGKILL");
    const { error } = await killed;
    if (error?.signal !== "SIGKILL") return { ok: false, error: "training was over before it could be killed" };
    const left = readFileSync(path("part"));
    const resumed = await ended(recorder, [COMMAND, "train", "--device", backend, "--resume", path("part")]);
    if (resumed.error) return stopped("the resumed run", resumed);
    const [expected, actual] = [readFileSync(path("whole")), readFileSync(path("part"))];
    if (left.equals(expected)) return { ok: false, error: "training was over before it could be killed" };
    const ok = actual.equals(expected);
    return ok
      ? { ok, bytes: actual.length, brief: `${actual.length} bytes, the same` }
      : { ok, error: "the resumed run came to other bytes" };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const mnistFolder = () => findMnistFolder(import.meta.resolve("vertebra"));

const stopped = (what, { error, stderr }) =>
  error.killed
    ? { isCut: true }
    : { ok: false, error: `${what} ended with ${error.code ?? error.signal}: ${stderr.slice(-500)}` };

/** Runs Node to its end, or to the end of the step's time. @returns a promise of how it ended, with the process beside it */
function ended(recorder, args, env = {}) {
  let child;
  const options = {
    env: { ...process.env, ...env },
    timeout: Math.max(1, 1000 * recorder.secondsLeft),
    killSignal: "SIGKILL",
    maxBuffer: 1 << 26,
  };
  const promise = new Promise((done) => {
    child = execFile(process.execPath, args, options, (error, stdout, stderr) => done({ error, stdout, stderr }));
  });
  return Object.assign(promise, { child });
}
