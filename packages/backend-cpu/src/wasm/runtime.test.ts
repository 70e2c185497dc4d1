import { DeviceError } from "@vertebra/core";
import { describe, expect, it } from "vitest";
import { openRuntime } from "./runtime";

/** gemmPeak: `tasks` tasks of `repeats` tile products; the scratch it reads. */
const peak = (scratch: number, tasks: number, repeats: number): number[] => [scratch, tasks, repeats];

describe("openRuntime", () => {
  it.each([1, 2, 5])("runs kernels on %i threads, many launches in a row", async (threads) => {
    const runtime = await openRuntime({ threads });
    const scratch = runtime.allocate(65536);
    runtime.f32(scratch, 16384).fill(1);
    for (let i = 0; i < 2000; i++) runtime.launch("gemmPeak", peak(scratch, i % 9, 1));
    expect(runtime.workers).toBe(threads);
    expect(runtime.variant.endsWith("-threads")).toBe(threads > 1);
    runtime.close();
  });

  it("wakes workers that have gone to sleep", async () => {
    const runtime = await openRuntime({ threads: 3 });
    const scratch = runtime.allocate(65536);
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      runtime.launch("gemmPeak", peak(scratch, 8, 1));
    }
    runtime.close();
  });

  it("keeps what was written when memory grows, and gives pointers past 2 GiB", async () => {
    const runtime = await openRuntime({ threads: 1 });
    const first = runtime.allocate(64);
    runtime.f32(first, 1)[0] = 42;
    const far = [1e9, 1e9, 1e9].map((bytes) => runtime.allocate(bytes)).at(-1)!;
    expect(far).toBeGreaterThan(2 ** 31 - 2 ** 28);
    const last = runtime.allocate(64);
    expect(last).toBeGreaterThan(2 ** 31);
    runtime.f32(last, 1)[0] = 7;
    expect([runtime.f32(first, 1)[0], runtime.f32(last, 1)[0]]).toEqual([42, 7]);
    runtime.close();
  });

  it("refuses any use after close, and closes twice", async () => {
    const runtime = await openRuntime({ threads: 2 });
    const pointer = runtime.allocate(64);
    runtime.close();
    runtime.close();
    runtime.release(pointer);
    expect(() => runtime.allocate(64)).toThrow(DeviceError);
    expect(() => runtime.launch("gemmPeak", [])).toThrow("the device is closed");
  });

  it.each([1, 2])("turns a trap on %i threads into an error, and stays closed", async (threads) => {
    const runtime = await openRuntime({ threads });
    // A pointer to the end of the address space: past what the memory holds.
    const launch = () => runtime.launch("gemmPeak", peak(0xfffffff0, 64, 1));
    expect(launch).toThrow(/kernel gemmPeak trapped/);
    expect(() => runtime.launch("gemmPeak", peak(0, 0, 0))).toThrow(DeviceError);
  });

  it("names an unknown kernel, and refuses impossible thread counts", async () => {
    const runtime = await openRuntime({ threads: 1 });
    expect(() => runtime.launch("nothing", [])).toThrow('entry must name a kernel, got "nothing"');
    runtime.close();
    await expect(openRuntime({ threads: 0 })).rejects.toThrow("threads must be an integer from 1 to 64, got 0");
  });
});
