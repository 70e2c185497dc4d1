// Runs steps, each in a process of its own with a time limit, and puts their results together. See README.md; `check.sh` starts it.
import { spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleFacts, LIB } from "./bundle-facts.mjs";
import { cudaSettings } from "./cuda-settings.mjs";
import { writeReports } from "./report.mjs";
import { countOf, readStep, writeStep } from "./step-file.mjs";
import { backendOf, STEP_LIMIT, STEPS } from "./steps.mjs";
import { vulkanSettings } from "./vulkan.mjs";

const BACKENDS = ["cuda", "webgpu"];

const USAGE = `check.sh STEP|cuda|webgpu|all|report [options]

${STEPS.map(({ name, what }) => `  ${name.padEnd(24)} ${what}`).join("\n")}
  report                   for each backend one JSON and one table of all results
  cuda, webgpu             the steps of that backend from the top, then the report
  all                      both, as far as the machine has them

  --out DIR       where results are. Default: $OUT, else ./results
  --only A,B      only cases of these names, or that begin with these words: conv2d, "matmul 1024"
  --limit S       seconds for a step. Default: ${STEP_LIMIT}
  --total S       seconds for all steps together. Default: no limit
  --force         also what there are results of
  --software      on the bundle's test driver and SwiftShader, where it has them, with small cases`;

/** Exit codes of run-step.mjs that mean what they say; any other is a crash. */
const ENDED = [0, 3];
/** A step whose process dies is started again this often: it goes on behind the case at fault. */
const MOST_RESTARTS = 30;
/** Left for the report out of --total, and for a process to be ended. */
const RESERVE_SECONDS = 5;

const options = parse();
const facts = bundleFacts();
// What imitates a GPU has results of its own.
const bundle = `${facts.hash}${options.software ? "+software" : ""}`;
const out = resolve(options.out ?? (process.env.OUT || "results"));
const end = options.total === undefined ? Number.POSITIVE_INFINITY : Date.now() + 1000 * (options.total - RESERVE_SECONDS);
const settings = prepare();
const wanted = wantedSteps();
let isGood = true;
const unusable = new Set();
for (const row of wanted) {
  if (unusable.has(row.backend)) continue;
  const isStepGood = await step(row);
  isGood = isGood && isStepGood;
  // Every case behind it would fail, and stay failed.
  if (!isStepGood && row.isRepeated) unusable.add(row.backend);
}
for (const backend of wanted.length > 1 ? unusable : []) console.log(`${backend}: no device, so its other steps are left`);
if (["report", "all", ...BACKENDS].includes(options.step)) {
  // Without --out: the page is to be published, and folders say nothing.
  const only = options.only && `--only ${options.only}`;
  const command = ["check.sh", options.step, only, options.software && "--software"].filter(Boolean).join(" ");
  for (const path of writeReports({ backends: BACKENDS, out, bundle, facts, command })) console.log(path);
}
process.exitCode = isGood ? 0 : 1;

function parse() {
  const text = { type: "string" };
  const flag = { type: "boolean", default: false };
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { out: text, only: text, limit: text, total: text, force: flag, software: flag, help: flag },
    });
    const [name] = positionals;
    if (values.help) exit(USAGE, 0);
    if (positionals.length !== 1 || ![...BACKENDS, "all", "report", ...STEPS.map((row) => row.name)].includes(name))
      exit(USAGE, 2);
    return { ...values, step: name, limit: seconds("limit", values.limit) ?? STEP_LIMIT, total: seconds("total", values.total) };
  } catch (error) {
    return exit(`${error.message}\n\n${USAGE}`, 2);
  }
}

function seconds(name, text) {
  if (text === undefined) return undefined;
  if (!(Number(text) > 0)) throw new Error(`--${name} must be seconds, got ${text}`);
  return Number(text);
}

function prepare() {
  try {
    mkdirSync(out, { recursive: true });
    accessSync(out, constants.W_OK);
    const scratch = join(tmpdir(), `vertebra-gpu-${process.pid}`);
    const given = { env: process.env, lib: LIB, scratch, isSoftware: options.software };
    // Of a backend that nothing is asked of, what is missing is no error.
    const settingsOf = (backend, find) => (backendsAsked().includes(backend) ? find(given) : undefined);
    return { cuda: settingsOf("cuda", cudaSettings), webgpu: settingsOf("webgpu", vulkanSettings) };
  } catch (error) {
    return exit(
      error.code ? `${out} can't be written to (${error.code}): name another folder with --out or OUT` : error.message,
      2,
    );
  }
}

function backendsAsked() {
  if (options.step === "report") return [];
  if (["all", ...BACKENDS].includes(options.step)) return options.step === "all" ? BACKENDS : [options.step];
  return [backendOf(options.step)];
}

/** `all` passes over a backend that there is nothing for, unless that is all it could do. */
function wantedSteps() {
  if (!["all", ...BACKENDS].includes(options.step)) return STEPS.filter(({ name }) => name === options.step);
  const there = backendsAsked().filter((backend) => settings[backend].isThere);
  const backends = there.length > 0 ? there : backendsAsked();
  for (const backend of backendsAsked().filter((name) => !backends.includes(name))) console.log(`${backend}: no driver found`);
  return STEPS.filter(({ backend }) => backends.includes(backend));
}

/** Runs a step to its end or its limit. @returns whether it is finished and nothing failed. */
async function step({ name, isRepeated, module, backend }) {
  const path = join(out, `${name}.json`);
  if (options.force || isRepeated) rmSync(path, { force: true });
  if (readStep(path, bundle)?.state === "finished") {
    console.log(`${name}: finished before`);
    return countOf(readStep(path, bundle)).failed === 0;
  }
  const deadline = Math.min(Date.now() + 1000 * options.limit, end);
  if (deadline - Date.now() <= 2000 * RESERVE_SECONDS) {
    console.log(`${name}: no time left for it`);
    return false;
  }
  console.log(`${name} …`);
  const run = () => runStep({ name, path, deadline, module, backend });
  let code = await run();
  for (let before = "", restarts = 0; restarts < MOST_RESTARTS && !ENDED.includes(code) && code !== undefined; restarts++) {
    const now = progressOf(path);
    if (now === before || Date.now() >= deadline) break;
    before = now;
    console.log(`  the process ended with ${code}: going on behind it`);
    code = await run();
  }
  return conclude(name, path, code === undefined ? "out of time" : "crashed");
}

/** Changes with every case that is begun or done: a process that ends without a change would do so again. */
function progressOf(path) {
  const { begun = {}, records = {} } = readStep(path, bundle) ?? {};
  return JSON.stringify([begun, Object.keys(records)]);
}

/** @returns the exit code, the name of the signal that ended it, or undefined if that was ours */
function runStep({ deadline, ...row }) {
  const context = {
    ...row,
    bundle,
    deadline: deadline - 2000 * RESERVE_SECONDS,
    only: options.only?.split(","),
    settings: settings[row.backend],
    isSoftware: options.software,
    facts,
  };
  const env = { ...process.env, ...context.settings.env, VERTEBRA_GPU_STEP: JSON.stringify(context) };
  const child = spawn(process.execPath, [join(import.meta.dirname, "run-step.mjs")], {
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    // A driver that hangs doesn't hear the polite signals.
    child.kill("SIGKILL");
  }, deadline - Date.now());
  return new Promise((done) => {
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      done(isLate ? undefined : (code ?? signal));
    });
  });
}

function conclude(name, path, stateIfEnded) {
  const file = readStep(path, bundle);
  if (!file) {
    console.log(`${name}: no result`);
    return false;
  }
  if (file.state === "running") {
    file.state = stateIfEnded;
    writeStep(path, file);
  }
  const { done, failed, skipped } = countOf(file);
  const rest = file.state === "out of time" ? ". The same command goes on with the rest" : "";
  if (file.error) console.log(`  ${file.error}`);
  console.log(`${name}: ${file.state}, ${done} done, ${failed} failed, ${skipped} skipped${rest}`);
  return failed === 0 && ["finished", "partial"].includes(file.state);
}

function exit(text, code) {
  (code === 0 ? console.log : console.error)(text);
  process.exit(code);
}
