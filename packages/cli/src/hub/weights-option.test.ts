import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { concatBytes, type HostTensor, openMeta, Philox, writeSafetensors } from "@vertebra/core";
import { createModel } from "@vertebra/models";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { runCli } from "../testing/run-cli";
import { temporaryFolder } from "../testing/temporary-folder";
import { HubServer } from "./testing/hub-server";

const folder = temporaryFolder();
const server = new HubServer();
const [weights, input] = ["w.safetensors", "x.safetensors"].map((name) => join(folder, name)) as [string, string];

const normal = (shape: readonly number[], seed: number): HostTensor => {
  const values = new Philox(seed).normalArray(shape.reduce((a, b) => a * b, 1));
  return { dtype: "f32", shape, bytes: new Uint8Array(Float32Array.from(values).buffer) };
};
const save = (path: string, tensors: readonly [string, HostTensor][]) =>
  writeFileSync(path, concatBytes(writeSafetensors(tensors)));

beforeAll(async () => {
  const state = [...createModel("lenet5", { device: openMeta() }).stateDict()];
  save(
    weights,
    state.map(([name, { shape }], i) => [name, normal(shape, i)]),
  );
  save(input, [["input", normal([2, 1, 32, 32], 99)]]);
  await server.start();
  server.commit("digits/lenet5", "main", { "model.safetensors": { bytes: readFileSync(weights) } });
  for (const name of ["HF_TOKEN", "HF_HUB_OFFLINE", "VERTEBRA_OFFLINE"]) vi.stubEnv(name, "");
  vi.stubEnv("HF_ENDPOINT", server.endpoint);
  vi.stubEnv("VERTEBRA_CACHE", mkdtempSync(join(folder, "cache-")));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});

describe("vertebra run --weights hf://…", () => {
  const run = (from: string, to: string, isTTY = false) =>
    runCli(["run", "lenet5", "--weights", from, "--input", input, "--output", join(folder, to), "--threads", "1"], { isTTY });

  test("downloads once, says so, and gives what the same weights in a file give", async () => {
    const first = await run("hf://digits/lenet5", "hub");
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(/^Downloading hf:\/\/digits\/lenet5, \d+\.\d KiB\n$/);
    expect((await run("hf://digits/lenet5/model.safetensors", "again")).stderr).toBe("");
    expect((await run(weights, "file")).code).toBe(0);
    expect(readFileSync(join(folder, "hub"))).toEqual(readFileSync(join(folder, "file")));
    expect(server.bodies.length).toBe(1);
  });

  test("on a terminal draws how far it is, and leaves the result alone in the end", async () => {
    server.commit("digits/lenet5", "v2", { "model.safetensors": { bytes: readFileSync(weights) } });
    const { stdout } = await run("hf://digits/lenet5@v2", "live", true);
    expect(stdout).toMatch(/\rDownloading hf:\/\/digits\/lenet5@v2 {2}(\d+\.\d) KiB of \1 KiB/);
    expect(stdout.split("\r").at(-1)).toMatch(/^\[2, 1, 32, 32\] → \[2, 10\]/);
  });

  test("with a name that isn't there fails with exit code 1 and the way out", async () => {
    const { code, stderr } = await run("hf://digits/lenet6", "none");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: hf:\/\/digits\/lenet6: .* must answer, got status 404\. Check the repository's name/);
  });
});
