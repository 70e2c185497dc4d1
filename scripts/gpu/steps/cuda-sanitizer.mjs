import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { TESTED_OPS } from "@vertebra/parity";
import { COMMAND } from "../vertebra.mjs";

const TOOL = "compute-sanitizer";
/** Kernels that share memory between threads in each of the ways there are. */
const RACED = ["matmul", "conv2d", "conv2dWeightGrad", "sum", "softmax", "batchNormTrain", "argmax", "scatterAdd"];
/** What the tool ends with when it has found something: no code of ours. */
const FOUND = 99;

/** Each op's cases under NVIDIA's tool, in a process of its own: an access outside a buffer, or between two threads without a barrier, fails it. */
export async function run(recorder, { isSoftware }) {
  const tool = find();
  const reason = isSoftware ? "the test driver has no GPU" : tool ? undefined : `no ${TOOL} on PATH or in /usr/local/cuda*/bin`;
  if (reason) return recorder.record("compute-sanitizer", async () => ({ skipped: reason }));
  const refusal = await refusalOf(tool, recorder.secondsLeft);
  if (refusal) return recorder.record("compute-sanitizer", async () => ({ skipped: refusal }));
  const ops = [...new Set([...RACED, ...TESTED_OPS])];
  const cases = [...RACED.map((op) => ["racecheck", op]), ...ops.map((op) => ["memcheck", op])];
  // The first few of both: time may end any moment.
  const [few, rest] = [cases.filter(([, op]) => RACED.includes(op)), cases.filter(([, op]) => !RACED.includes(op))];
  for (const [kind, op] of [...few, ...rest])
    await recorder.record(`${kind} ${op}`, () => check(tool, kind, op, recorder.secondsLeft));
}

/** Where profiling is forbidden, or the tool is older than the driver, it starts nothing: no finding, and no failure of ours. */
async function refusalOf(tool, seconds) {
  const { summary, isCut, error } = await check(tool, "memcheck", "relu", Math.min(120, seconds));
  return summary || isCut ? undefined : `the tool refused: ${error.replaceAll(/\s+/g, " ").slice(0, 300)}`;
}

function find() {
  const own = existsSync("/usr/local") ? readdirSync("/usr/local").filter((name) => name.startsWith("cuda")) : [];
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...own.map((name) => `/usr/local/${name}/bin`)];
  return folders.map((folder) => join(folder, TOOL)).find((path) => existsSync(path));
}

function check(tool, kind, op, seconds) {
  const ours = [process.execPath, COMMAND, "parity", "--devices", "cuda", "--ops", op, "--json"];
  // Calls of the driver that fail are thrown by the addon: here it is about kernels.
  const quiet = kind === "memcheck" ? ["--report-api-errors", "no"] : [];
  const args = ["--tool", kind, ...quiet, "--error-exitcode", `${FOUND}`, ...ours];
  return new Promise((done) => {
    execFile(tool, args, { timeout: 1000 * seconds, killSignal: "SIGKILL", maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error?.killed) return done({ isCut: true });
      const said = `${stdout}\n${stderr}`.split("\n").filter((line) => line.startsWith("========="));
      const summary = said.findLast((line) => /SUMMARY/.test(line))?.replace(/^=+ */, "");
      const code = error?.code ?? 0;
      // 1: cases that differ, which parity-ops tells. Without a summary the tool itself failed.
      const ok = summary !== undefined && code !== FOUND;
      done({ ok, code, summary, ...(!ok && { error: [...said.slice(0, 40), stderr.slice(-500)].join("\n") }), brief: summary });
    });
  });
}
