import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { concatBytes, decode, type HostTensor, openMeta, readSafetensors, writeSafetensors } from "@vertebra/core";
import { createModel, findModel, IMAGENET_CLASSES } from "@vertebra/models";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { writeDigitsFolder } from "../testing/digits-folder";
import { runCli } from "../testing/run-cli";
import { temporaryFolder } from "../testing/temporary-folder";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const golden = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Saved by PyTorch; models/goldens/make_checkpoints.py. */
const lenet = golden("models/goldens/checkpoints/lenet5.pth");
const expected: Record<"input" | "trained" | "averaged", number[]> = JSON.parse(
  readFileSync(golden("models/goldens/checkpoints/lenet5.json"), "utf8"),
);
const layersModel = golden("core/goldens/tfjs/quantised/model.json");

const f32 = (shape: readonly number[], values: ArrayLike<number>): HostTensor => ({
  dtype: "f32",
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});
const save = (name: string, tensors: Iterable<readonly [string, HostTensor]>, metadata: readonly [string, string][] = []) =>
  writeFileSync(at(name), concatBytes(writeSafetensors(tensors, metadata)));
const read = (name: string) => readSafetensors(readFileSync(at(name)));

beforeAll(() => save("x.safetensors", [["input", f32([1, 1, 32, 32], expected.input)]]));

async function logitsOf(weights: string): Promise<ArrayLike<number>> {
  const line = ["--weights", weights, "--input", at("x.safetensors"), "--output", at("y.safetensors"), "--threads", "1"];
  expect(await runCli(["run", "lenet5", ...line])).toMatchObject({ code: 0, stderr: "" });
  const { bytes } = read("y.safetensors").tensors.get("logits") as HostTensor;
  return decode(bytes, "f32");
}

const expectClose = (actual: ArrayLike<number>, values: readonly number[]) => {
  for (const [i, value] of values.entries()) expect(actual[i]).toBeCloseTo(value, 4);
};

describe("vertebra convert", () => {
  test("frees a checkpoint's weights from the training loop; both files run as PyTorch does", async () => {
    const { code, stdout } = await runCli(["convert", lenet, at("lenet5.safetensors"), "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      input: lenet,
      output: at("lenet5.safetensors"),
      format: "pth",
      tensors: 10,
      bytes: readFileSync(at("lenet5.safetensors")).byteLength,
      rules: ['names below "state_dict"', 'without "module."'],
    });
    expectClose(await logitsOf(lenet), expected.trained);
    expectClose(await logitsOf(at("lenet5.safetensors")), expected.trained);
  });

  test("takes the averaged weights with --ema", async () => {
    expect((await runCli(["convert", lenet, at("ema.safetensors"), "--model", "lenet5", "--ema"])).code).toBe(0);
    expectClose(await logitsOf(at("ema.safetensors")), expected.averaged);
    expect(read("ema.safetensors").metadata.get("vertebra.model")).toBe("lenet5");
  });

  test("writes Keras's quantised shards under PyTorch's names", async () => {
    const { stdout } = await runCli(["convert", layersModel, at("keras.safetensors"), "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ format: "tfjs-layers", tensors: 11, rules: [] });
    const { quantised } = JSON.parse(readFileSync(golden("core/goldens/tfjs/expected.json"), "utf8"));
    const { bytes } = read("keras.safetensors").tensors.get("out.weight") as HostTensor;
    expect([...decode(bytes, "f32")]).toEqual(quantised["out.weight"]);
  });

  test("with --model says all that doesn't fit, and writes nothing", async () => {
    const { code, stderr } = await runCli(["convert", layersModel, at("never.safetensors"), "--model", "lenet5"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/quantised\/model\.json: .*missing \(10\): conv1\.weight, .*unexpected \(10\): c1\.weight/);
    expect(() => readFileSync(at("never.safetensors"))).toThrow("ENOENT");
  });

  test("keeps what was there when the source turns out broken, and leaves nothing beside it", async () => {
    const cut = readFileSync(lenet);
    writeFileSync(at("cut.pth"), cut.subarray(0, cut.length - 4000));
    writeFileSync(at("kept.safetensors"), "before");
    expect((await runCli(["convert", at("cut.pth"), at("kept.safetensors")])).code).toBe(1);
    expect(readFileSync(at("kept.safetensors"), "utf8")).toBe("before");
  });

  test("is a usage error for an unknown model, and tells what to do with an .h5", async () => {
    const unknown = await runCli(["convert", lenet, at("never.safetensors"), "--model", "lenet"]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('Did you mean "lenet5"?')]);
    writeFileSync(at("a.h5"), "\x89HDF\r\n\x1a\n00000000", "latin1");
    expect((await runCli(["convert", at("a.h5"), at("never.safetensors")])).stderr).toContain("tensorflowjs_converter");
  });
});

describe("what travels with weights", () => {
  /** A model whose classifier answers with its bias, here the classes' numbers. */
  function writeModel(name: string, model: string, metadata: readonly [string, string][] = []): void {
    const state = [...createModel(model, { device: openMeta() }).stateDict()].filter(([key]) => !key.endsWith("tracked"));
    const value = (key: string, i: number) => (key.endsWith("running_var") ? 1 : key === "fc.bias" ? i : 0);
    save(
      name,
      state.map(
        ([key, { shape, elements }]) =>
          [
            key,
            f32(
              shape,
              Array.from({ length: elements }, (_, i) => value(key, i)),
            ),
          ] as const,
      ),
      metadata,
    );
  }

  const predictions = async (weights: string) => {
    const { stdout, stderr } = await runCli([
      "predict",
      "resnet18",
      at("photo.png"),
      "--weights",
      weights,
      "--top-k",
      "1",
      "--json",
    ]);
    expect(stderr).toBe("");
    return JSON.parse(stdout)[0].predictions[0];
  };

  beforeAll(async () => {
    await sharp({ create: { width: 40, height: 30, channels: 3, background: { r: 9, g: 99, b: 199 } } })
      .png()
      .toFile(at("photo.png"));
    writeModel("resnet18.safetensors", "resnet18");
  });

  test("is written by convert --model, and gives ImageNet's names to the classes", async () => {
    const { stdout } = await runCli([
      "convert",
      at("resnet18.safetensors"),
      at("r18.safetensors"),
      "--model",
      "resnet18",
      "--json",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ format: "safetensors", model: "resnet18", rules: [] });
    const { metadata } = read("r18.safetensors");
    expect(JSON.parse(metadata.get("vertebra.preprocessing") as string)).toEqual(
      findModel("resnet18").facts.weights?.preprocessing,
    );
    expect(JSON.parse(metadata.get("vertebra.classes") as string)).toEqual(IMAGENET_CLASSES);
    expect(await predictions(at("r18.safetensors"))).toMatchObject({ index: 999, label: IMAGENET_CLASSES[999] });
  });

  test("goes before what is known of the model, and through convert", async () => {
    const classes = Array.from({ length: 1000 }, (_, i) => `kind ${i}`);
    const preprocessing = { resize: 32, crop: 32, interpolation: "bicubic", mean: [0, 0, 0], std: [1, 1, 1] };
    const metadata: [string, string][] = [
      ["vertebra.classes", JSON.stringify(classes)],
      ["vertebra.preprocessing", JSON.stringify(preprocessing)],
    ];
    writeModel("own.safetensors", "resnet18", metadata);
    await runCli(["convert", at("own.safetensors"), at("own2.safetensors"), "--model", "resnet18"]);
    expect(JSON.parse(read("own2.safetensors").metadata.get("vertebra.preprocessing") as string)).toEqual(preprocessing);
    expect(await predictions(at("own2.safetensors"))).toMatchObject({ label: "kind 999" });
  });

  test.each([
    ["preprocessing", '{"resize": 0}', /vertebra\.preprocessing must be \{ resize, crop/],
    ["preprocessing", "{", /vertebra\.preprocessing must be/],
    ["classes", "[1, 2]", /vertebra\.classes must be a list of names/],
    ["options", '{"version": {}}', /vertebra\.options must be an object/],
  ])("is refused where it isn't as it should be: %s %s", async (key, text, message) => {
    writeModel("bad.safetensors", "resnet18", [[`vertebra.${key}`, text]]);
    const { code, stderr } = await runCli(["predict", "resnet18", at("photo.png"), "--weights", at("bad.safetensors")]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });

  test("names the model: another one is refused", async () => {
    writeModel("named.safetensors", "resnet18", [["vertebra.model", "resnet18"]]);
    const { code, stderr } = await runCli(["predict", "resnet34", at("photo.png"), "--weights", at("named.safetensors")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("MODEL must be the checkpoint's, resnet18")]);
  });
});

describe("train --weights", () => {
  test("starts from PyTorch's weights as far as they fit", async () => {
    const data = writeDigitsFolder(at("digits"), { train: 8, test: 3 });
    const line = [
      "train",
      "lenet5",
      "--data",
      data,
      "--epochs",
      "1",
      "--lr",
      "0",
      "--out",
      at("tuned.safetensors"),
      "--threads",
      "1",
    ];
    const { code, stdout, stderr } = await runCli([...line, "--weights", lenet, "--json"]);
    expect(code).toBe(0);
    const afresh =
      "initialised afresh (2): fc3.weight: model [3, 84], checkpoint [10, 84]; fc3.bias: model [3], checkpoint [10]\n";
    expect(stderr).toContain(afresh);
    expect(JSON.parse(stdout).start).toMatchObject({
      mismatched: ["fc3.weight: model [3, 84], checkpoint [10, 84]", "fc3.bias: model [3], checkpoint [10]"],
      adapted: [],
      missing: [],
    });
    await runCli(["convert", lenet, at("plain.safetensors")]);
    const [tuned, plain] = [read("tuned.safetensors"), read("plain.safetensors")];
    // A learning rate of 0 leaves what was loaded.
    expect(tuned.tensors.get("conv2.weight")?.bytes).toEqual(plain.tensors.get("conv2.weight")?.bytes);
    expect(tuned.tensors.get("fc3.weight")?.shape).toEqual([3, 84]);
  });

  test("is an error where nothing fits, and where the checkpoint would replace the weights", async () => {
    writeFileSync(at("other.safetensors"), concatBytes(writeSafetensors([["a.weight", f32([1], [1])]])));
    const line = ["train", "lenet5", "--data", at("digits"), "--weights", at("other.safetensors"), "--out"];
    const other = await runCli([...line, at("scratch.safetensors")]);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining("some of the weights must fit the model, got a.weight"),
    ]);
    expect(() => readFileSync(at("scratch.safetensors"))).toThrow("ENOENT");
    const same = await runCli([...line, at("other.safetensors")]);
    expect([same.code, same.stderr]).toEqual([2, expect.stringContaining("the output must be another file than the inputs")]);
  });

  test("and convert keeps what training knew of images and classes", async () => {
    expect((await runCli(["convert", at("tuned.safetensors"), at("done.safetensors")])).code).toBe(0);
    const { metadata, tensors } = read("done.safetensors");
    expect([metadata.get("vertebra.model"), metadata.get("vertebra.classes")]).toEqual(["lenet5", '["0","1","2"]']);
    expect([...tensors.keys()].filter((name) => name.startsWith("optimizer"))).toEqual([]);
    await sharp({ create: { width: 9, height: 9, channels: 3, background: "black" } })
      .png()
      .toFile(at("digit.png"));
    const predict = async (weights: string) =>
      (await runCli(["predict", "lenet5", at("digit.png"), "--weights", at(weights), "--json"])).stdout;
    expect(await predict("done.safetensors")).toBe(await predict("tuned.safetensors"));
  });

  test("can't be given together with --resume", async () => {
    const { code, stderr } = await runCli(["train", "--resume", at("tuned.safetensors"), "--weights", lenet]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--weights starts a run, --resume goes on with one")]);
  });
});
