import type { Device } from "./backend";
import { currentDevice } from "./device";
import { ArgumentError } from "./errors";
import { untrackLeak } from "./leaks";
import { add } from "./ops/binary";
import { copyInto } from "./ops/copyInto";
import { unscoped } from "./scope";
import { Tensor } from "./tensor";

const states = new WeakMap<Device, Tensor>();

/**
 * State of a device's random numbers (dropout, stochastic depth): i32 [seed low, seed high, stream, counter], advanced on the
 * device itself. Save and write its bytes to resume a run.
 */
export function generatorState(device: Device = currentDevice()): Tensor {
  const known = states.get(device);
  if (known) return known;
  const created = unscoped(() => Tensor.lazy({ shape: [4], dtype: "i32" }, device, () => new Int32Array(4)));
  // Lives as long as its device.
  untrackLeak(created);
  states.set(device, created);
  return created;
}

/** Starts a device's random numbers over, from 0 ≤ seed < 2⁶⁴. Initial weights have a seed of their own: `seedInit`. @throws ArgumentError */
export function manualSeed(seed: number | bigint, device: Device = currentDevice()): void {
  const isSeed = typeof seed === "bigint" ? seed >= 0n && seed < 1n << 64n : Number.isSafeInteger(seed) && seed >= 0;
  if (!isSeed) throw new ArgumentError("manualSeed", { rule: "seed must be an integer from 0 to 2^64 − 1", got: String(seed) });
  const bits = BigInt(seed);
  generatorState(device).write([Number(BigInt.asIntN(32, bits)), Number(BigInt.asIntN(32, bits >> 32n)), 0, 0]);
}

/** A copy of a device's generator state, made on the device. */
export const snapshotGenerator = (device: Device): Tensor => add(generatorState(device), 0);

/** Puts a device's random numbers back to where they were at `snapshot`. */
export const restoreGenerator = (snapshot: Tensor): void => copyInto(generatorState(snapshot.device), snapshot);
