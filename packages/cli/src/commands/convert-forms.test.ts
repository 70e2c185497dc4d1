import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { concatBytes, type HostTensor, openMeta, readSafetensors, writeSafetensors } from "@vertebra/core";
import { createModel, type ModelOptions } from "@vertebra/models";
import { describe, expect, test } from "vitest";
import { runCli } from "../testing/run-cli";
import { temporaryFolder } from "../testing/temporary-folder";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const read = (name: string) => readSafetensors(readFileSync(at(name)));

/** Weights of zeros for a model of that form. */
function writeZeros(name: string, model: string, options: ModelOptions & Readonly<Record<string, unknown>> = {}): string {
  const state = [...createModel(model, { ...options, device: openMeta() }).stateDict()];
  const zeros = ({ shape, elements }: { shape: readonly number[]; elements: number }): HostTensor => ({
    dtype: "f32",
    shape,
    bytes: new Uint8Array(4 * elements),
  });
  const kept = state.filter(([key]) => !key.endsWith("num_batches_tracked"));
  writeFileSync(at(name), concatBytes(writeSafetensors(kept.map(([key, value]) => [key, zeros(value)]))));
  return at(name);
}

describe("convert --model and auxiliary classifiers", () => {
  test.each(["googlenet", "inception_v3"])("%s keeps those that the file has", async (model) => {
    const from = writeZeros("aux.safetensors", model);
    expect((await runCli(["convert", from, at("out.safetensors"), "--model", model])).stderr).toBe("");
    const { tensors, metadata } = read("out.safetensors");
    expect([...tensors.keys()].sort()).toEqual([...read("aux.safetensors").tensors.keys()].sort());
    expect(metadata.get("vertebra.options")).toBeUndefined();
  });

  test("says so where the file has none", async () => {
    const from = writeZeros("bare.safetensors", "googlenet", { auxLogits: false });
    expect((await runCli(["convert", from, at("out.safetensors"), "--model", "googlenet"])).stderr).toBe("");
    expect(JSON.parse(read("out.safetensors").metadata.get("vertebra.options") as string)).toEqual({ auxLogits: false });
  });
});

describe("--options", () => {
  const owned = { shortcut: "always-owned" } as const;

  test("build the model of a file that others don't fit, and convert keeps them with it", async () => {
    const from = writeZeros("owned.safetensors", "resnet18", owned);
    writeFileSync(
      at("x.safetensors"),
      concatBytes(writeSafetensors([["input", { dtype: "f32", shape: [1, 3, 32, 32], bytes: new Uint8Array(4 * 3 * 32 * 32) }]])),
    );
    const run = (weights: string, ...more: string[]) =>
      runCli(["run", "resnet18", "--weights", weights, "--input", at("x.safetensors"), "--output", at("y.safetensors"), ...more]);
    const options = ["--options", JSON.stringify(owned)];
    expect((await run(from)).code).toBe(1);
    expect(await run(from, ...options)).toMatchObject({ code: 0, stderr: "" });
    const line = ["convert", from, at("kept.safetensors"), "--model", "resnet18"];
    expect(await runCli([...line, ...options])).toMatchObject({ code: 0, stderr: "" });
    expect(await run(at("kept.safetensors"))).toMatchObject({ code: 0, stderr: "" });
  });

  test.each([
    [["--options", "{}"], "--options needs a --model"],
    [["--model", "resnet18", "--options", '{"version": {}}'], "--options must have texts, numbers and booleans"],
  ])("convert %j is a usage error", async (more, message) => {
    const { code, stderr } = await runCli(["convert", at("a"), at("b.safetensors"), ...more]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe("convert's output", () => {
  test("ends in .safetensors", async () => {
    const { code, stderr } = await runCli(["convert", at("a.pth"), at("a.bin")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("OUT must end in .safetensors")]);
  });

  test("is another file than the input, by whatever path, and than its shards", async () => {
    writeZeros("in.safetensors", "lenet5");
    symlinkSync(folder, at("link"));
    writeFileSync(at("all.index.json"), JSON.stringify({ weight_map: { "conv1.weight": "in.safetensors" } }));
    const before = readFileSync(at("in.safetensors"));
    for (const from of ["in.safetensors", "link/in.safetensors", "all.index.json"]) {
      const { code, stderr } = await runCli(["convert", at(from), at("in.safetensors")]);
      expect([code, stderr]).toEqual([2, expect.stringContaining("the output must be another file than the inputs")]);
    }
    expect(readFileSync(at("in.safetensors")).equals(before)).toBe(true);
  });
});

describe("a file without a model's tensors is refused:", () => {
  /** What `torch.save([1, 2])` writes in the format of before 1.6: magic number, protocol 1001, system, the list, storages. */
  const list = ["\x8a\x0al\xfc\x9cF\xf9\x20j\xa8P\x19", "M\xe9\x03", "}", "](K\x01K\x02e", "]"].map((part) => `\x80\x02${part}.`);
  const oneTensor = fileURLToPath(new URL("../../../core/goldens/checkpoints/one-tensor.pt", import.meta.url));

  test.each([
    ["a list of numbers", "none", () => Buffer.from(list.join(""), "latin1")],
    ["one tensor, as PyTorch saved it", "one tensor without a name", () => readFileSync(oneTensor)],
    ["nothing", "none", () => concatBytes(writeSafetensors([]))],
  ])("%s", async (_, got, bytes) => {
    writeFileSync(at("v.pth"), bytes());
    for (const more of [[], ["--model", "resnet18"]]) {
      const { code, stderr } = await runCli(["convert", at("v.pth"), at("v.safetensors"), ...more]);
      expect([code, stderr]).toEqual([1, expect.stringContaining(`it must hold the named tensors of a model, got ${got}`)]);
    }
  });
});
