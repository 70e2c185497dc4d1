import { type CpuOptions, cpu } from "@vertebra/backend-cpu";
import { add, amax, type Device, full, ones, sum } from "@vertebra/core";
import { program, type Values } from "./program.js";

export interface Report {
  readonly adapter: string;
  readonly features: readonly string[];
  readonly values: Values;
  /** Sums whose exact values are known: see `hammer`. */
  readonly counts: readonly number[];
}

/** Opens the CPU backend, runs the program and closes it. */
export const report = async (options: CpuOptions = {}): Promise<Report> => reportOn(await cpu(options).open());

/** Runs the program and closes the device. */
export async function reportOn(device: Device): Promise<Report> {
  const values = await program(device);
  const counts = await hammer(device);
  await device.close();
  return { adapter: device.adapter, features: device.features, values, counts };
}

const LAUNCHES = 300;
const MEBI = 1024 * 1024;
const IDLE_MS = 30;

/** What deadlocks show in: many short kernels in a row, memory that grows under the threads, threads woken from sleep. */
async function hammer(device: Device): Promise<number[]> {
  const one = ones([100, 1000], { device });
  let count = one;
  for (let i = 1; i < LAUNCHES; i++) count = add(count, one);
  const launches = await amax(count).item();
  const grown = await sum(full([16 * MEBI], 2, { device })).item();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return [launches, grown / MEBI, await sum(add(one, one)).item()];
}
