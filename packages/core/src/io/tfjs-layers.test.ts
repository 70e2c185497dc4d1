import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { setDevice } from "../device";
import { decode } from "../dtype";
import { FileFormatError } from "../errors";
import { flatten } from "../functional/flatten";
import { chain } from "../nn/chain";
import { BatchNorm2d } from "../nn/layers/batch-norm";
import { Conv2d } from "../nn/layers/conv2d";
import { Linear } from "../nn/layers/linear";
import { Sequential } from "../nn/layers/sequential";
import { Module } from "../nn/module";
import { relu } from "../ops/unary";
import { type Tensor, tensor } from "../tensor";
import { openWeights } from "./open-weights";
import { fromBytes, type RandomAccess } from "./random-access";
import type { TensorFile } from "./tensor-file";

setDevice(openReference());

const folder = new URL("../../goldens/tfjs/", import.meta.url);
const expected: Record<"input" | "output", number[]> & Record<"small" | "quantised", Record<string, number[]>> = JSON.parse(
  readFileSync(new URL("expected.json", folder), "utf8"),
);

/** The network of goldens/make_tfjs_layers.py. */
class Small extends Module {
  readonly c1 = new Conv2d(2, 3, { kernel: 3, padding: 1 });
  readonly block = new Sequential({ bn: new BatchNorm2d(3) });
  readonly dw = new Conv2d(3, 6, { kernel: 3, groups: 3 });
  readonly out = new Linear(72, 4);

  forward(x: Tensor): Tensor {
    return chain(x, this.c1, ...this.block.layers, relu, this.dw, flatten, this.out);
  }
}

const open = (json: unknown, files: Record<string, Uint8Array> = {}): Promise<TensorFile> => {
  const openSibling = async (name: string): Promise<RandomAccess> => {
    const bytes = files[name];
    if (!bytes) throw new Error(`no ${name}`);
    return fromBytes(bytes);
  };
  return openWeights(fromBytes(new TextEncoder().encode(JSON.stringify(json))), "model.json", { openSibling });
};

describe("a Keras model of TensorFlow.js", () => {
  test.each(["small", "quantised"] as const)("has PyTorch's names and layouts (%s)", async (name) => {
    const model = JSON.parse(readFileSync(new URL(`${name}/model.json`, folder), "utf8"));
    const paths: string[] = model.weightsManifest[0].paths;
    const file = await open(
      model,
      Object.fromEntries(paths.map((path) => [path, readFileSync(new URL(`${name}/${path}`, folder))])),
    );
    expect([...file.entries.keys()].sort()).toEqual([...Object.keys(expected[name]), "block.bn.num_batches_tracked"].sort());
    for (const [key, values] of Object.entries(expected[name])) {
      const { bytes, shape } = await file.read(key);
      expect([key, ...decode(bytes, "f32")]).toEqual([key, ...values]);
      expect(shape).toEqual(file.entries.get(key)?.shape);
    }
  });

  test("computes what Keras does, with the norm's eps and a flattened map that isn't square", async () => {
    const model = new Small();
    const report = await model.load(fileURLToPath(new URL("small/model.json", folder)));
    expect(report.rules).toEqual(["variances for the model's eps"]);
    model.eval();
    const y = await model.forward(tensor(expected.input, { shape: [2, 2, 6, 5] })).data();
    for (const [i, value] of expected.output.entries()) expect(y[i]).toBeCloseTo(value, 5);
  });
});

describe("a hostile or broken manifest", () => {
  const weight = (fields: object = {}) => ({ name: "a/kernel", shape: [2, 1], dtype: "float32", ...fields });
  const model = (weights: readonly unknown[], paths: readonly unknown[] = ["w.bin"]) => ({
    format: "layers-model",
    modelTopology: null,
    weightsManifest: [{ paths, weights }],
  });
  const eight = { "w.bin": new Uint8Array(8) };
  const quantization = { dtype: "uint8", scale: 1, min: 0 };
  const nested = (n: number): unknown => (n === 0 ? 0 : [nested(n - 1)]);

  test.each<[string, unknown, RegExp]>([
    ["a path out of the folder", model([weight()], ["../w.bin"]), /without a path, got "\.\.\/w\.bin"/],
    ["an absolute path", model([weight()], ["/etc/passwd"]), /without a path/],
    ["an address", model([weight()], ["http://127.0.0.1/w.bin"]), /without a path/],
    ["a path that is no text", model([weight()], [7]), /without a path, got no text/],
    ["a missing shard", model([weight()], ["v.bin"]), /shard "v\.bin" must be there to be read, got no v\.bin\. Are all shards/],
    [
      "weights larger than the shards",
      model([weight({ shape: [3, 1] })]),
      /"w\.bin" must have the 12 bytes .*got 8\. .*cut short/,
    ],
    ["shards larger than the weights", model([weight({ shape: [1, 1] })]), /must have the 4 bytes .*got 8/],
    ["a shape past 2⁵³", model([weight({ shape: [2 ** 40, 2 ** 40] })]), /must have a shape of sizes/],
    ["a negative size", model([weight({ shape: [-2] })]), /must have a shape of sizes ≥ 0, got \[-2\]/],
    ["a shape that is no list", model([weight({ shape: "2" })]), /must have a shape/],
    ["text as a dtype", model([weight({ dtype: "string" })]), /"a\/kernel" must be of float32, .*got string/],
    ["a dtype that doesn't exist", model([weight({ dtype: "float31" })]), /must be of float32/],
    ["a name twice", model([weight({ shape: [1, 1] }), weight({ shape: [1, 1] })]), /names must be unique, got "a\/kernel"/],
    [
      "names that become one",
      model([weight({ shape: [1, 1] }), weight({ shape: [1, 1], name: "a/kernel:0" })]),
      /unique as PyTorch/,
    ],
    ["no name", model([{ shape: [2], dtype: "float32" }]), /must have a name/],
    [
      "an unknown quantisation",
      model([weight({ quantization: { ...quantization, dtype: "uint4" } })]),
      /quantised to uint8, uint16/,
    ],
    [
      "a scale that isn't a number",
      model([weight({ quantization: { ...quantization, scale: "1" } })]),
      /must have a finite scale/,
    ],
    ["quantised booleans", model([weight({ dtype: "bool", quantization })]), /must be float32 to be quantised/],
    ["no manifest", { format: "layers-model" }, /weightsManifest must be a list/],
    ["a group without paths", { format: "layers-model", weightsManifest: [{ weights: [] }] }, /lists paths and weights/],
    ["a graph model", { format: "graph-model", modelTopology: {} }, /a graph model, which has no layers\. .*tfjs_layers_model/],
    ["endless nesting", { format: "layers-model", modelTopology: nested(100) }, /at most 64 levels of nesting/],
  ])("with %s is refused", async (_, json, message) => {
    const error = await open(json, eight).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as Error).message).toMatch(message);
  });

  test("with a shard that shrinks after it was opened is refused when it is read", async () => {
    const shrinking: RandomAccess = { size: 8, read: async () => new Uint8Array(3) };
    const source = fromBytes(new TextEncoder().encode(JSON.stringify(model([weight()]))));
    const file = await openWeights(source, "model.json", { openSibling: async () => shrinking });
    await expect(file.read("a.weight")).rejects.toThrow(FileFormatError);
  });

  test.each<[string, string, string]>([
    ["a layer of unknown channels", "Lambda", 'known channels in front of Flatten, got "x" of type Lambda'],
    ["a norm of the flattened values", "BatchNormalization", "no batch norm between Flatten and the dense layer"],
  ])("with %s in the way of a flattened map is refused", async (_, type, message) => {
    const layer = (class_name: string, name: string, config: object = {}) => ({ class_name, config: { name, ...config } });
    const middle = type === "Lambda" ? [layer(type, "x"), layer("Flatten", "f")] : [layer("Flatten", "f"), layer(type, "x")];
    const layers = [layer("Conv2D", "c", { filters: 2 }), ...middle, layer("Dense", "a", { units: 1 })];
    const topology = { class_name: "Sequential", config: { layers } };
    await expect(open({ ...model([weight()]), modelTopology: topology }, eight)).rejects.toThrow(message);
  });

  test("with layers that read themselves, or join what was joined over and over, is refused at once", async () => {
    const layer = (class_name: string, name: string, ...inputs: string[]) => ({
      class_name,
      config: { name },
      inbound_nodes: [inputs.map((input) => [input, 0, 0, {}])],
    });
    const with_ = (...layers: object[]) =>
      open({ ...model([weight()]), modelTopology: { class_name: "Functional", config: { layers } } }, eight);
    const circle = [layer("Dense", "a", "d1"), layer("Dropout", "d1", "d2"), layer("Dropout", "d2", "d1")];
    expect([...(await with_(...circle)).entries.keys()]).toEqual(["a.weight"]);
    const adds = [layer("Dense", "a", "f"), layer("Flatten", "f", "x"), layer("Add", "x", "y"), layer("Add", "y", "x")];
    await expect(with_(...adds)).rejects.toThrow("known channels in front of Flatten");
    const joins = Array.from({ length: 60 }, (_, i) => layer("Concatenate", `j${i}`, `j${i + 1}`, `j${i + 1}`));
    const end = { class_name: "Conv2D", config: { name: "j60", filters: 1 }, inbound_nodes: [] };
    // 2⁶⁰ channels don't go into two features.
    await expect(with_(layer("Dense", "a", "f"), layer("Flatten", "f", "j0"), ...joins, end)).rejects.toThrow(
      "a multiple of the",
    );
  });
});
