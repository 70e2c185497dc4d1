/** Devices that are still open when a Node process ends: a driver thread of a living one can keep it from ending, or crash it. */
export const destroyAtExit = new Set<GPUDevice>();
let isListening = false;

/** Destroys `gpu` when nothing is left to do, or at `process.exit`, unless it is taken out of `destroyAtExit` before. */
export function keepUntilExit(gpu: GPUDevice): void {
  destroyAtExit.add(gpu);
  if (isListening || typeof process === "undefined" || typeof process.once !== "function") return;
  isListening = true;
  const destroyAll = (): void => {
    for (const one of destroyAtExit) one.destroy();
    destroyAtExit.clear();
    isListening = false;
  };
  process.once("beforeExit", destroyAll);
  process.once("exit", destroyAll);
}
