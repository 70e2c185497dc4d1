import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openReference } from "@vertebra/parity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setDevice } from "../device";
import { ArgumentError, StateDictError } from "../errors";
import { BatchNorm2d } from "../nn/layers/batch-norm";
import { Conv2d } from "../nn/layers/conv2d";
import { Linear } from "../nn/layers/linear";
import { Sequential } from "../nn/layers/sequential";
import { concatBytes, type HostTensor } from "./host-tensor";
import { fromBytes } from "./random-access";
import { writeSafetensors } from "./safetensors";
import type { WeightsSource } from "./weights-source";

setDevice(openReference());

const folder = new URL("../../goldens/checkpoints/", import.meta.url);
const url = new URL("model-zip.pth", folder);
const bytes = new Uint8Array(readFileSync(url));

/** The model of goldens/make_checkpoints.py: conv.weight 1/4, 2/4, …, and every next tensor one more. */
const model = () => new Sequential([new Conv2d(2, 3, { kernel: 2 }), new BatchNorm2d(3), new Linear(3, 2)]);

async function expectLoaded(source: WeightsSource): Promise<void> {
  const net = model();
  const report = await net.load(source);
  expect(report).toMatchObject({ missing: [], unexpected: [], mismatched: [] });
  const values = net.stateDict();
  expect([...(await values.get("1.running_mean")!.data())]).toEqual([4.25, 4.5, 4.75]);
  expect([...(await values.get("1.num_batches_tracked")!.data())]).toEqual([7]);
  expect([...(await values.get("2.weight")!.data())].slice(0, 2)).toEqual([7.25, 7.5]);
}

describe("Module.load", () => {
  const server = createServer((request, response) => {
    if (request.url === "/missing.pth") response.writeHead(404).end();
    else if (request.url?.startsWith("/shards/"))
      response.end(readFileSync(join(temporary, basename(request.url.split("?")[0]!))));
    else response.end(readFileSync(new URL(`.${request.url}`, folder)));
  });
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const temporary = mkdtempSync(join(tmpdir(), "vertebra-load-"));
  beforeAll(() => new Promise<void>((done) => void server.listen(0, "127.0.0.1", done)));
  afterAll(() => {
    rmSync(temporary, { recursive: true });
    server.close();
  });

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "undefined"],
    ["null", null, "null"],
    ["a number", 5, "5"],
    ["an object", {}, "Object"],
    ["floats", new Float32Array(2), "Float32Array"],
  ])("refuses %s, saying what it takes", async (_, source, got) => {
    const error = await model()
      .load(source as WeightsSource)
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toBe(
      `load: source must be a path, a URL, a Blob, bytes (Uint8Array or ArrayBuffer) or a RandomAccess, got ${got}. ` +
        'Pass the file\'s path: load("model.safetensors")',
    );
  });

  test("shows names of a file escaped: they are anyone's", async () => {
    const value: HostTensor = { dtype: "f32", shape: [1], bytes: new Uint8Array(4) };
    const file = concatBytes(
      writeSafetensors([
        ["\x1b[2J\nconv", value],
        ["plain.weight", value],
      ]),
    );
    const error = (await model()
      .load(file)
      .catch((error: unknown) => error)) as Error;
    expect(error).toBeInstanceOf(StateDictError);
    expect(error.message).toContain(String.raw`"\u001b[2J\nconv", plain.weight`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there.
    expect(error.message).not.toMatch(/[\x00-\x1f]/);
  });

  test.each<[string, () => WeightsSource]>([
    ["a path", () => fileURLToPath(url)],
    ["a file: URL", () => url],
    ["a file: URL as text", () => url.href],
    ["an address", () => `${address()}/model-zip.pth`],
    ["an address's URL", () => new URL(`${address()}/model-legacy.pth`)],
    ["a Blob", () => new Blob([bytes])],
    ["a Uint8Array", () => bytes],
    ["an ArrayBuffer", () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer],
    ["a RandomAccess", () => fromBytes(bytes)],
  ])("takes %s", async (_, source) => {
    await expectLoaded(source());
  });

  test("finds the shards beside their index", async () => {
    const one = (name: string, value: number): [string, HostTensor] => [
      name,
      { dtype: "f32", shape: name === "bias" ? [1] : [1, 1], bytes: new Uint8Array(Float32Array.of(value).buffer) },
    ];
    writeFileSync(join(temporary, "w-1.safetensors"), concatBytes(writeSafetensors([one("weight", 2)])));
    writeFileSync(join(temporary, "w-2.safetensors"), concatBytes(writeSafetensors([one("bias", 3)])));
    const index = join(temporary, "w.safetensors.index.json");
    writeFileSync(index, JSON.stringify({ weight_map: { weight: "w-1.safetensors", bias: "w-2.safetensors" } }));
    for (const source of [index, pathToFileURL(index), `${address()}/shards/w.safetensors.index.json?token=a/b`]) {
      const layer = new Linear(1, 1);
      await layer.load(source);
      expect([...(await layer.weight.data()), ...(await layer.bias!.data())]).toEqual([2, 3]);
    }
  });

  test("says what isn't there", async () => {
    await expect(model().load(join(temporary, "none.pth"))).rejects.toThrow(/none\.pth: there must be a readable file, got none/);
    await expect(model().load(temporary)).rejects.toThrow(/it must be a file, got a folder or device/);
    await expect(model().load(`${address()}/missing.pth`)).rejects.toThrow(ArgumentError);
    await expect(model().load(`${address()}/missing.pth`)).rejects.toThrow(/must give the file, got status 404/);
  });

  test("loads what fits without strict, and changes nothing with it", async () => {
    const other = new Sequential([new Conv2d(2, 3, { kernel: 2 }), new BatchNorm2d(3), new Linear(3, 5)]);
    const before = await other.stateDict().get("0.weight")!.data();
    await expect(other.load(bytes)).rejects.toThrow(StateDictError);
    expect(await other.stateDict().get("0.weight")!.data()).toEqual(before);
    const report = await other.load(bytes, { strict: false });
    expect(report.mismatched).toEqual(["2.weight: model [5, 3], checkpoint [2, 3]", "2.bias: model [5], checkpoint [2]"]);
    expect((await other.stateDict().get("0.weight")!.data())[0]).toBe(0.25);
  });
});

describe("files from before batch norm counted its batches", () => {
  const statistics = (name: string): [string, HostTensor] => [
    name,
    { dtype: "f32", shape: [1], bytes: new Uint8Array(Float32Array.of(2).buffer) },
  ];
  const names = ["weight", "bias", "running_mean", "running_var"];

  test("load, and the counter starts at 0", async () => {
    const layer = new BatchNorm2d(1);
    layer.num_batches_tracked!.write([5]);
    const report = await layer.load(concatBytes(writeSafetensors(names.map(statistics))));
    expect(report.missing).toEqual([]);
    expect([...(await layer.num_batches_tracked!.data())]).toEqual([0]);
  });

  test("don't excuse the statistics themselves", async () => {
    const file = concatBytes(writeSafetensors(names.slice(0, 2).map(statistics)));
    await expect(new BatchNorm2d(1).load(file)).rejects.toThrow(/missing \(3\): running_mean, running_var, num_batches_tracked/);
  });
});
