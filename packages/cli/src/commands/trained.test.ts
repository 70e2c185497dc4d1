import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  concatBytes,
  decode,
  type HostTensor,
  noGrad,
  openMeta,
  Philox,
  readSafetensors,
  scope,
  tensor,
  writeSafetensors,
} from "@vertebra/core";
import { createModel, IMAGENET_CLASSES } from "@vertebra/models";
import { openReference } from "@vertebra/parity";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { writeDigitsFolder } from "../testing/digits-folder";
import { runCli } from "../testing/run-cli";
import { temporaryFolder } from "../testing/temporary-folder";

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const data = writeDigitsFolder(file("digits"), { train: 120, test: 30 });
const checkpoint = file("lenet5.safetensors");
/** One of the test images as a PNG of another size; its class is 1. */
const png = file("one.png");

beforeAll(async () => {
  await runCli(["train", "lenet5", "--data", data, ..."--epochs 3 --batch-size 8 --threads 1 --out".split(" "), checkpoint]);
  const pixels = readFileSync(join(data, "t10k-images-idx3-ubyte")).subarray(16 + 784, 16 + 2 * 784);
  await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
    .resize(56, 56)
    .png()
    .toFile(png);
});

const writeTensors = (name: string, tensors: Record<string, HostTensor>) =>
  writeFileSync(file(name), concatBytes(writeSafetensors(Object.entries(tensors))));
const f32 = (shape: readonly number[], values: Float32Array): HostTensor => ({
  dtype: "f32",
  shape,
  bytes: new Uint8Array(values.buffer),
});

/** Weights of normal numbers for a model, small enough for any depth. */
function writeWeights(name: string, model: string, sizes: { readonly numClasses?: number; readonly inChannels?: number }): void {
  const random = new Philox(7);
  const state = [...createModel(model, { ...sizes, device: openMeta() }).stateDict()];
  const values = (key: string, n: number) =>
    key.endsWith("running_var") ? new Float32Array(n).fill(1) : random.normalArray(n).map((x) => x / 16);
  writeTensors(
    name,
    Object.fromEntries(
      state
        .filter(([key]) => !key.endsWith("num_batches_tracked"))
        .map(([key, { shape, elements }]) => [key, f32(shape, values(key, elements))]),
    ),
  );
}

describe("eval", () => {
  test("measures a checkpoint with the preprocessing it was trained with", async () => {
    const { code, stdout } = await runCli(["eval", "lenet5", "--weights", checkpoint, "--json"]);
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(Object.keys(result)).toEqual(["model", "data", "device", "images", "correct", "accuracy", "loss", "imagesPerSecond"]);
    expect(result).toMatchObject({ data, images: 30, accuracy: result.correct / 30 });
    expect(result.accuracy).toBeGreaterThan(0.9);
  });

  test("refuses a checkpoint of another model", async () => {
    const { code, stderr } = await runCli(["eval", "resnet18", "--weights", checkpoint, "--data", data]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('MODEL must be the checkpoint\'s, lenet5, got "resnet18"')]);
  });

  test("lists all that is missing or unexpected in weights of another shape", async () => {
    writeTensors("few.safetensors", {
      "conv1.weight": f32([6, 1, 5, 5], new Float32Array(150)),
      extra: f32([1], new Float32Array(1)),
    });
    const { code, stderr } = await runCli(["eval", "lenet5", "--weights", file("few.safetensors")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/few\.safetensors: .*missing \(9\): conv1\.bias, .* and 1 more; unexpected \(1\): extra/);
  });

  test("of another model's hundreds of names shows enough to tell whose they are", async () => {
    writeWeights("r34.safetensors", "resnet34", { numClasses: 1, inChannels: 1 });
    const { stderr } = await runCli(["eval", "vgg16", "--weights", file("r34.safetensors"), "--data", data]);
    expect(stderr).toMatch(
      /missing \(30\): features\.0\.weight, .* and 22 more; unexpected \(180\): bn1\.bias, .* and 172 more; /,
    );
    expect(stderr.length).toBeLessThan(800);
  });

  test("says before running that weights for colours don't fit grey images", async () => {
    writeWeights("colours.safetensors", "lenet5", { inChannels: 3 });
    const { code, stderr } = await runCli(["eval", "lenet5", "--weights", file("colours.safetensors"), "--data", data]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`the images must have the weights' 3 channels, got 1 in ${data}`),
    ]);
  });
});

describe("predict", () => {
  test("ranks the classes of an image, to people and to programs", async () => {
    const line = ["predict", "lenet5", png, "--weights", checkpoint, "--top-k", "2"];
    const [people, programs] = [await runCli(line), await runCli([...line, "--json"])];
    const [{ image, predictions }] = JSON.parse(programs.stdout);
    expect(image).toBe(png);
    expect(predictions).toEqual([
      { index: 1, label: "1", probability: expect.any(Number) },
      { index: expect.any(Number), label: expect.any(String), probability: expect.any(Number) },
    ]);
    expect(predictions[0].probability).toBeGreaterThan(0.8);
    expect(people.stdout).toContain(`${(100 * predictions[0].probability).toFixed(2)} %`);
  });

  test("prepares JPEGs for an ImageNet model as torchvision does", async () => {
    writeWeights("resnet18.safetensors", "resnet18", {});
    const jpeg = file("photo.jpg");
    await sharp({ create: { width: 60, height: 40, channels: 3, background: { r: 200, g: 30, b: 90 } } })
      .jpeg()
      .toFile(jpeg);
    const { code, stdout } = await runCli(["predict", "resnet18", jpeg, "--weights", file("resnet18.safetensors"), "--json"]);
    expect(code).toBe(0);
    const [{ predictions }] = JSON.parse(stdout);
    expect(predictions).toHaveLength(5);
    expect(predictions[0].label).toBe(IMAGENET_CLASSES[predictions[0].index]);
  });

  test.each([
    ["a truncated PNG", "cut.png", (bytes: Buffer) => bytes.subarray(0, bytes.length - 60)],
    ["a PNG that says it is 60000 × 60000", "bomb.png", (bytes: Buffer) => withSize(bytes, 60_000)],
    ["a text", "text.png", () => Buffer.from("hello")],
    ["an SVG", "picture.svg", () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"/>')],
    ["an empty file", "empty.png", () => Buffer.alloc(0)],
  ])("refuses %s", async (_, name, make) => {
    writeFileSync(file(name), make(readFileSync(png)));
    const { code, stderr } = await runCli(["predict", "lenet5", file(name), "--weights", checkpoint]);
    expect(stderr).toMatch(/error: .*: it must be a whole PNG, JPEG, .* image of at most 100 megapixels, got \w/);
    expect(code).toBe(1);
  });

  test.each([
    ["a model that none are published for", "lenet5", "lenet5", {}],
    ["what convert wrote without", "resnet18", "resnet18", { "vertebra.model": "resnet18" }],
  ])("warns once that nobody knows how weights saw images: %s", async (_, name, model, metadata) => {
    writeWeights("unknown.safetensors", model, {});
    const { tensors } = readSafetensors(readFileSync(file("unknown.safetensors")));
    writeFileSync(file("unknown.safetensors"), concatBytes(writeSafetensors(tensors, Object.entries(metadata))));
    // Nor does converting them once more.
    await runCli(["convert", file("unknown.safetensors"), file("twice.safetensors"), "--model", model]);
    const line = ["predict", name, png, png, "--weights", file("twice.safetensors")];
    const [people, programs] = [await runCli(line), await runCli([...line, "--json"])];
    expect(people.stderr).toMatch(/^warning: how these weights saw images isn't known, .* preprocessing is taken: .*\n$/);
    expect(JSON.parse(programs.stdout)).toHaveLength(2);
  });

  test("is silent where preprocessing is published or in the file", async () => {
    writeWeights("published.safetensors", "resnet18", {});
    for (const [model, weights] of [["resnet18", file("published.safetensors")] as const, ["lenet5", checkpoint] as const])
      expect((await runCli(["predict", model, png, "--weights", weights])).stderr).toBe("");
  });

  test("says which image isn't there", async () => {
    const { stderr } = await runCli(["predict", "lenet5", png, file("nowhere.png"), "--weights", checkpoint]);
    expect(stderr).toContain("nowhere.png: there must be an image file, got none");
  });
});

describe("run", () => {
  test("gives the logits of `input`, sized as the weights are, in one go or in batches", async () => {
    writeWeights("two.safetensors", "lenet5", { inChannels: 2, numClasses: 3 });
    const images = new Philox(3).normalArray(5 * 2 * 32 * 32);
    writeTensors("x.safetensors", { input: f32([5, 2, 32, 32], images) });
    const line = ["run", "lenet5", "--weights", file("two.safetensors"), "--input", file("x.safetensors"), "--output"];
    expect(JSON.parse((await runCli([...line, file("y.safetensors"), "--json"])).stdout)).toMatchObject({
      input: [5, 2, 32, 32],
      logits: [5, 3],
    });
    await runCli([...line, file("y2.safetensors"), "--batch-size", "2"]);
    const expected = await referenceLogits(images);
    for (const name of ["y", "y2"]) {
      const logits = readSafetensors(readFileSync(file(`${name}.safetensors`))).tensors.get("logits")!;
      expect([logits.dtype, logits.shape]).toEqual(["f32", [5, 3]]);
      for (const [i, value] of decode(logits.bytes, "f32").entries()) expect(value).toBeCloseTo(expected[i] as number, 4);
    }
  });

  test("an empty batch gives no logits", async () => {
    writeTensors("none.safetensors", { input: f32([0, 1, 32, 32], new Float32Array(0)) });
    const { code } = await runCli([
      "run",
      "lenet5",
      "--weights",
      checkpoint,
      "--input",
      file("none.safetensors"),
      "--output",
      file("none-y.safetensors"),
    ]);
    expect(code).toBe(0);
    expect(readSafetensors(readFileSync(file("none-y.safetensors"))).tensors.get("logits")?.shape[0]).toBe(0);
  });

  test("writes over none of its inputs", async () => {
    writeTensors("in.safetensors", { input: f32([1, 1, 32, 32], new Float32Array(1024)) });
    for (const output of [file("in.safetensors"), checkpoint]) {
      const before = readFileSync(output);
      const line = ["run", "lenet5", "--weights", checkpoint, "--input", file("in.safetensors"), "--output", output];
      const { code, stderr } = await runCli(line);
      expect([code, stderr]).toEqual([2, expect.stringContaining("the output must be another file than the inputs")]);
      expect(readFileSync(output).equals(before)).toBe(true);
    }
  });

  test("says what the file holds instead of `input`, and which layer a wrong size breaks", async () => {
    writeTensors("wrong-name.safetensors", { x: f32([1, 1, 32, 32], new Float32Array(1024)) });
    writeTensors("wrong-size.safetensors", { input: f32([1, 1, 28, 28], new Float32Array(784)) });
    const run = (name: string) =>
      runCli(["run", "lenet5", "--weights", checkpoint, "--input", file(name), "--output", file("never")]);
    expect((await run("wrong-name.safetensors")).stderr).toContain('it must hold a tensor `input`, got "x"');
    expect(await run("wrong-size.safetensors")).toMatchObject({ code: 1, stderr: expect.stringContaining("fc1") });
  });
});

async function referenceLogits(images: Float32Array): Promise<ArrayLike<number>> {
  using _ = scope();
  const device = openReference();
  const model = createModel("lenet5", { inChannels: 2, numClasses: 3, device }).eval();
  const { tensors } = readSafetensors(readFileSync(file("two.safetensors")));
  model.loadStateDict(tensors as Parameters<typeof model.loadStateDict>[0]);
  return noGrad(() => model.forward(tensor(images, { shape: [5, 2, 32, 32], device }))).data();
}

/** A PNG's header with another width and height, its checksum put right. */
function withSize(png: Buffer, side: number): Buffer {
  const bytes = Buffer.from(png);
  bytes.writeUInt32BE(side, 16);
  bytes.writeUInt32BE(side, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

/** As PNG's specification, annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
