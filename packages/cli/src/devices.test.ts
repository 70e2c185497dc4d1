import { VertebraError } from "@vertebra/core";
import { describe, expect, test, vi } from "vitest";
import { device } from "./devices";
import { runCli } from "./testing/run-cli";

describe("devices", () => {
  test("lists every known one, with a reason and the fix for what isn't there", async () => {
    const { code, stdout } = await runCli(["devices", "--threads", "1", "--json"]);
    expect(code).toBe(0);
    const rows = JSON.parse(stdout) as { name: string; available: boolean; reason?: string }[];
    expect(rows.map(({ name }) => name)).toEqual(["cpu", "webgpu", "cuda"]);
    expect(rows[0]).toEqual({
      name: "cpu",
      available: true,
      adapter: expect.stringContaining("1 thread"),
      features: expect.arrayContaining(["simd128"]),
    });
    for (const row of rows.filter(({ available }) => !available)) {
      expect(row).toEqual({ name: row.name, available: false, reason: expect.any(String), features: [] });
    }
  });

  test("of cuda's libraries each has a line", async () => {
    vi.stubEnv("VERTEBRA_CUDA_DRIVER", "host");
    const { stdout } = await runCli(["devices", "--json"]);
    vi.unstubAllEnvs();
    const cuda = (JSON.parse(stdout) as { name: string; available: boolean; libraries?: string[] }[]).at(-1);
    expect(cuda?.name).toBe("cuda");
    const line = "cuBLASLt and cuDNN aren't used on the test driver. VERTEBRA_CUDA_VENDOR=host builds test libraries";
    expect(cuda?.libraries).toEqual(cuda?.available ? [line] : undefined);
  });

  test("people see the same", async () => {
    const { stdout } = await runCli(["devices"]);
    expect(stdout).toMatch(/✔ cpu +WebAssembly/);
  });
});

describe("device()", () => {
  test("opens the cpu with as many threads as asked for", async () => {
    const opened = await device("cpu", { threads: 2 });
    expect(opened.adapter).toContain("2 threads");
    await opened.close();
  });

  test("with validate is checked: the cpu by the reference", async () => {
    const opened = await device("cpu", { threads: 1, validate: true });
    expect(opened.adapter).toMatch(/^WebAssembly .*, every kernel checked by the reference$/);
    await opened.close();
  });

  test("auto ends at the cpu and says why others were passed over", async () => {
    const opened = await device("auto", { threads: 1 });
    expect(opened.name).toBe("cpu");
    for (const { name, reason } of opened.skipped ?? [])
      expect([name, reason]).toEqual([expect.any(String), expect.stringMatching(/./)]);
    await opened.close();
  });

  test("an unknown name is answered with the nearest", async () => {
    await expect(device("cdua")).rejects.toThrow('device: device must be a known name, got "cdua". Did you mean "cuda"?');
    await expect(device("cuda:x")).rejects.toThrow(VertebraError);
  });
});
