import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { runCli } from "../testing/run-cli";
import { modelCase } from "./parity";

const sample = new URL("../../../parity/goldens/sample", import.meta.url).pathname;

describe("parity", () => {
  test("of an op and a model has the documented shape", async () => {
    const { code, stdout } = await runCli("parity --devices cpu --ops relu,conv2d --models lenet5 --threads 2 --json".split(" "));
    const report = JSON.parse(stdout);
    expect(Object.keys(report)).toEqual(["devices", "passed", "failed", "skipped", "worst", "failures"]);
    expect(report).toMatchObject({ devices: ["cpu"], failed: 0, failures: [] });
    expect(report.passed).toBeGreaterThan(20);
    expect(new Set(report.worst.map(({ op }: { op: string }) => op))).toEqual(
      new Set(["relu", "conv2d", "lenet5", "lenet5 training"]),
    );
    expect(code).toBe(0);
  });

  test("shows the worst case as a fraction of its bound", async () => {
    const { stdout } = await runCli("parity --ops softmax --device cpu".split(" "));
    expect(stdout).toMatch(/softmax {2}cpu .* 0\.\d+ +✔/);
    expect(stdout).toMatch(/\d+ passed, 0 failed, 0 skipped on cpu/);
  });

  test("replays golden rows, and lists what it lacks", async () => {
    const { code, stdout } = await runCli(["parity", "--goldens", sample, "--json"]);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ failed: 0, failures: [], lacking: expect.any(Array) });
    expect(report.passed).toBeGreaterThan(0);
    expect(code).toBe(0);
  });

  test("a folder without goldens is an error that names the file", async () => {
    const { code, stderr } = await runCli(["parity", "--goldens", "/nowhere"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("/nowhere/manifest.json")]);
  });

  test("goldens stand alone", async () => {
    expect((await runCli(["parity", "--goldens", sample, "--ops", "relu"])).code).toBe(2);
  });

  test("a model case has the same weights each time it is built, or the comparison would mean nothing", async () => {
    const { make } = modelCase("lenet5");
    const [a, b] = [make(openReference()), make(openReference())].map((model) => model.parameters()[0]);
    expect(await a?.data()).toEqual(await b?.data());
  });
});
