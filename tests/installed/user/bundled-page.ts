import type { CpuOptions } from "@vertebra/backend-cpu";
import "./page.js";

/** As `report`, in a worker of the page. */
function reportInWorker(options: CpuOptions): Promise<unknown> {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(options);
  }).finally(() => worker.terminate());
}

Object.assign(globalThis, { reportInWorker });
