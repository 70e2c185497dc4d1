import type * as NodeThreads from "node:worker_threads";
import { DeviceError } from "@vertebra/core";

/** Bytes of stack that each worker thread has. */
export const WORKER_STACK_BYTES = 256 * 1024;

/** What a worker needs to enter the worker loop in C. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly stackTop: number;
  readonly index: number;
}

/** A running worker thread. */
export interface WorkerThread {
  terminate(): void;
}

/** Where threads come from in this process or page: how many are worth having, and how one starts. */
export interface Threading {
  readonly parallelism: number;
  /** False on a page's main thread, which may only spin. */
  readonly mayWait: boolean;
  readonly start: (start: WorkerStart) => Promise<WorkerThread>;
}

/** Threads of Node, of a cross-origin isolated page or worker, or none. */
export function threading(): Threading | undefined {
  if (typeof SharedArrayBuffer === "undefined") return undefined;
  const node = nodeModule("node:worker_threads") as typeof NodeThreads | undefined;
  if (node) {
    const os = nodeModule("node:os") as typeof import("node:os");
    return { parallelism: os.availableParallelism(), mayWait: true, start: (start) => startInNode(node, start) };
  }
  if (typeof Worker === "undefined" || globalThis.crossOriginIsolated !== true) return undefined;
  return { parallelism: navigator.hardwareConcurrency ?? 1, mayWait: typeof document === "undefined", start: startInBrowser };
}

/** Runs in the worker. A trap is reported through `taskFailed`, so that the caller learns of it instead of waiting for ever. */
const enterLoop = `
function enterLoop({ module, memory, stackTop, index }, report) {
  let exports;
  try {
    exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  } catch (error) {
    return report(String(error));
  }
  report("ready");
  for (;;) {
    exports.__stack_pointer.value = stackTop;
    try {
      return exports.workerLoop(index);
    } catch {
      exports.taskFailed();
    }
  }
}`;

const START_TIMEOUT_MS = 30_000;

/** Node's modules without an import that bundlers would follow. */
function nodeModule(name: string): unknown {
  const host = (globalThis as { process?: { versions?: { node?: string }; getBuiltinModule?: (name: string) => unknown } })
    .process;
  return host?.versions?.node === undefined ? undefined : host.getBuiltinModule?.(name);
}

function startInNode(node: typeof NodeThreads, start: WorkerStart): Promise<WorkerThread> {
  const code = `const { parentPort, workerData } = require("node:worker_threads");${enterLoop}
enterLoop(workerData, (message) => parentPort.postMessage(message));`;
  const worker = new node.Worker(code, {
    eval: true,
    workerData: start,
    execArgv: [],
    env: node.SHARE_ENV,
    name: `vertebra-cpu-${start.index}`,
  });
  return new Promise((resolve, reject) => {
    const settle = settler(start.index, resolve, reject, () => void worker.terminate());
    worker.once("error", (error) => settle(String(error)));
    worker.once("exit", (code) => settle(`exit code ${code}`));
    worker.once("message", (message: string) => {
      // A worker in its loop must not keep the process alive.
      worker.unref();
      settle(message);
    });
  });
}

function startInBrowser(start: WorkerStart): Promise<WorkerThread> {
  const code = `${enterLoop}\nonmessage = ({ data }) => enterLoop(data, (message) => postMessage(message));`;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(url, { name: `vertebra-cpu-${start.index}` });
  return new Promise((resolve, reject) => {
    const settle = settler(start.index, resolve, reject, () => worker.terminate());
    worker.onerror = (event) =>
      settle(event.message || "the worker's script was refused (Content-Security-Policy: worker-src blob:)");
    worker.onmessage = ({ data }: MessageEvent<string>) => {
      URL.revokeObjectURL(url);
      settle(data);
    };
    worker.postMessage(start);
  });
}

/** Takes a worker's first message: "ready", or why it isn't. */
function settler(
  index: number,
  resolve: (thread: WorkerThread) => void,
  reject: (error: Error) => void,
  terminate: () => void,
): (message: string) => void {
  const settle = (message: string) => {
    clearTimeout(timer);
    if (message === "ready") return resolve({ terminate });
    terminate();
    reject(
      new DeviceError("cpu", { rule: `worker thread ${index} must start`, got: message, fix: "Open the device with threads: 1" }),
    );
  };
  const timer = setTimeout(() => settle(`nothing in ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
  return settle;
}
