import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { offerSwiftshader } from "../../../scripts/swiftshader.mjs";
import { device, listDevices } from "./devices";
import { writeDigitsFolder } from "./testing/digits-folder";
import { runCli } from "./testing/run-cli";
import { temporaryFolder } from "./testing/temporary-folder";

const isOffered = (() => {
  try {
    offerSwiftshader();
    return true;
  } catch (error) {
    if (process.env.PARITY_REQUIRE) throw error;
    return false;
  }
})();

const folder = temporaryFolder();
const words = (line: string) => line.split(" ");

describe.skipIf(!isOffered)("commands on a software WebGPU adapter", () => {
  test("devices names it with what it can do; auto passes it over and says why", async () => {
    const row = (await listDevices({ threads: 1 })).find(({ name }) => name === "webgpu");
    expect(row).toMatchObject({ available: true, adapter: expect.stringContaining("swiftshader") });
    expect(row?.features).toEqual(expect.arrayContaining(["software", "finite-math"]));
    const auto = await device("auto", { threads: 1 });
    expect(auto.name).toBe("cpu");
    expect(auto.skipped).toContainEqual({ name: "webgpu", reason: expect.stringMatching(/swiftshader.* is a software device/) });
    await auto.close();
  });

  test("an adapter is chosen by part of its name, and one that isn't there is answered with those that are", async () => {
    const chosen = await device("webgpu:SWIFTshader");
    expect(chosen.adapter).toContain("swiftshader");
    await chosen.close();
    await expect(device("webgpu:geforce")).rejects.toThrow(/name must contain "geforce", got SwiftShader/);
  });

  test("parity on two devices is a matrix", async () => {
    const { code, stdout } = await runCli(words("parity --devices cpu,webgpu --ops add,conv2dFused --threads 1"));
    expect(stdout).toMatch(/error \/ bound +cpu +webgpu/);
    expect(stdout).toMatch(/add +█+░* 0\.\d+ ✔ +█+░* 0\.\d+ ✔/);
    expect(code).toBe(0);
  });

  test("training has the cpu's losses, every kernel checked by the cpu", async () => {
    const data = writeDigitsFolder(join(folder, "digits"), { train: 48, test: 6 });
    const train = async (line: string): Promise<{ epochs: { loss: number }[] }> => {
      const out = ["--out", join(folder, "lenet5.safetensors"), "--data", data, "--json"];
      const { code, stdout, stderr } = await runCli([
        ...words(`train lenet5 --epochs 2 --batch-size 8 --threads 1 ${line}`),
        ...out,
      ]);
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      return JSON.parse(stdout);
    };
    const onCpu = await train("--device cpu");
    const onWebgpu = await train("--device webgpu --validate");
    for (const [i, { loss }] of onCpu.epochs.entries()) expect(onWebgpu.epochs[i]?.loss).toBeCloseTo(loss, 4);
  });
});
