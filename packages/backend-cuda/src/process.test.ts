import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { buildHostDriver } from "../scripts/build-host-driver.mjs";
import { findSanitizer } from "../scripts/compiler.mjs";
import type { Loaded } from "./native";
import { prepareHost } from "./testing/native";

const prepared = await prepareHost();
const { folder, driver } = prepared as Loaded;
const PROGRAM = new URL("./testing/program.mjs", import.meta.url);
const TIMEOUT_MS = 30_000;

const dataFor = (task: string, library = driver) => ({
  addon: fileURLToPath(new URL("vertebra-cuda.node", folder)),
  driver: library,
  task,
});

interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a task of testing/program.mjs as a process of its own. */
function runProcess(task: string, library?: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const args = [fileURLToPath(PROGRAM), JSON.stringify(dataFor(task, library))];
  const options = { env: { ...process.env, NODE_OPTIONS: "", ...env }, timeout: TIMEOUT_MS };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? error.signal ?? null) : 0, stdout: stdout.trim(), stderr: stderr.trim() }),
    );
  });
}

/** Runs a task in a worker. @returns what it told. */
function runWorker(task: string): Promise<unknown[]> {
  const worker = new Worker(PROGRAM, { workerData: dataFor(task) });
  const told: unknown[] = [];
  worker.on("message", (value) => told.push(value));
  return new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", () => resolve(told));
  });
}

const ROUNDS = Array.from({ length: 20 }, (_, i) => i + 1);

describe.skipIf(!prepared.native)(`workers and processes ${prepared.reason ?? ""}`, () => {
  afterEach(() => vi.unstubAllEnvs());

  test("two workers use one GPU at the same time", async () => {
    const told = await Promise.all([runWorker("sum"), runWorker("sum")]);
    expect(told).toEqual([[ROUNDS], [ROUNDS]]);
  });

  test("two processes do too", async () => {
    const ended = { code: 0, stdout: JSON.stringify(ROUNDS), stderr: "" };
    expect(await Promise.all([runProcess("sum"), runProcess("sum")])).toEqual([ended, ended]);
  });

  test("a worker may end with everything open, again and again", async () => {
    for (let i = 0; i < 5; i++) expect(await runWorker("leaveOpen")).toEqual(["done"]);
  });

  test.each([0, 60_000])("a worker may end with work that nobody waits for, done in %i ms", async (delayMs) => {
    vi.stubEnv("VERTEBRA_CUDA_HOST_DELAY_MS", String(delayMs));
    expect(await runWorker("exitWithWork")).toEqual(["leaving"]);
  });

  test.each([0, 60_000])("a process ends at once and with its own code, whatever it waits for %i ms", async (delayMs) => {
    vi.stubEnv("VERTEBRA_CUDA_HOST_DELAY_MS", String(delayMs));
    expect(await runProcess("exitWithWork")).toEqual({ code: 3, stdout: '"leaving"', stderr: "" });
  });

  test("an open device keeps no process alive", async () => {
    expect(await runProcess("leaveOpen")).toEqual({ code: 0, stdout: '"done"', stderr: "" });
  });

  test("an awaited read does", async () => {
    expect(await runProcess("awaitRead")).toEqual({ code: 0, stdout: String(1 << 20), stderr: "" });
  });
});

const sanitizer = findSanitizer();
const why = prepared.reason ?? (sanitizer ? "" : "(the compiler has no libasan)");
// Here, because every kernel is compiled: that may take longer than a test may.
const strictDriver = why === "" ? await buildHostDriver({ asan: true }) : undefined;

describe.skipIf(why !== "")(`AddressSanitizer ${why}`, () => {
  const env = { LD_PRELOAD: sanitizer, ASAN_OPTIONS: "detect_leaks=0" };

  test("ends the process at a kernel that writes one past the end, and names it", async () => {
    const { code, stdout, stderr } = await runProcess("pastTheEnd", strictDriver, env);
    expect([code, stdout]).not.toEqual([0, '"not noticed"']);
    expect(stderr).toMatch(/heap-buffer-overflow[\s\S]*WRITE of size 4[\s\S]*onePastTheEndKernel/);
  });

  test("has nothing against right kernels, barriers and shuffles included", async () => {
    const ended = await runProcess("insideTheEnd", strictDriver, env);
    expect(ended).toEqual({ code: 0, stdout: JSON.stringify(ROUNDS), stderr: "" });
  });
});
