import type { Device } from "./backend";

/** Runs `work`, the host's part of a step, now and in front of every replay if the step is being recorded. */
export function eachReplay(device: Device, work: () => void): void {
  if (device.eachReplay) device.eachReplay(work);
  else work();
}
