import { readFileSync } from "node:fs";
import { nameWeights, openMeta, requireFit, type TensorFile } from "@vertebra/core";
import { describe, expect, test } from "vitest";
import type { ModelOptions } from "../define-model";
import { createModel } from "../registry";
import { KEY_TABLES, optionsFor } from "./key-tables";

interface Row {
  readonly model: string;
  readonly project: string;
  /** The project's names of the layers, in the order of torchvision's state dict. */
  readonly layers: readonly string[];
}

const rows: readonly Row[] = JSON.parse(readFileSync(new URL("../../goldens/checkpoints/names.json", import.meta.url), "utf8"));
const meta = (name: string, options: ModelOptions & Record<string, unknown> = {}) =>
  createModel(name, { ...options, device: openMeta() });

/** A file with these names and a model's shapes; `seen` has the names that were read. */
function fileOf(shapes: ReadonlyMap<string, readonly number[]>): { file: TensorFile; seen: string[] } {
  const seen: string[] = [];
  const entries = new Map([...shapes].map(([name, shape]) => [name, { dtype: "f32", shape } as const]));
  const read = async (name: string) => {
    seen.push(name);
    return { dtype: "f32", shape: [0], bytes: new Uint8Array() } as const;
  };
  return { file: { entries, metadata: new Map(), read }, seen };
}

const shapesOf = (model: ReturnType<typeof meta>) => [...model.stateDict()].map(([name, { shape }]) => [name, shape] as const);

describe("key tables", () => {
  test.each(rows)("$model of $project", async ({ model: name, layers }) => {
    const model = meta(name);
    const own = [...new Set(shapesOf(model).map(([key]) => key.replace(/\.\w+$/, "")))];
    const theirs = new Map(own.map((layer, i) => [layer, layers[i] as string]));
    expect(layers).toHaveLength(own.length);
    const foreign = (key: string) => `${theirs.get(key.replace(/\.\w+$/, ""))}${/\.\w+$/.exec(key)?.[0]}`;
    const { file, seen } = fileOf(new Map(shapesOf(model).map(([key, shape]) => [foreign(key), shape])));
    const named = await nameWeights(file, "w", { model });
    requireFit(model.stateDict(), named.entries);
    expect(named.rules).toHaveLength(1);
    for (const [key] of shapesOf(model)) {
      await named.read(key);
      expect([key, seen.pop()]).toEqual([key, foreign(key)]);
    }
  });

  test("flatten the convolutions of timm's VGG", async () => {
    const model = meta("vgg11");
    const shapes = new Map(shapesOf(model));
    const rename = [
      ["classifier.0", "pre_logits.fc1", [4096, 512, 7, 7]],
      ["classifier.3", "pre_logits.fc2", [4096, 4096, 1, 1]],
      ["classifier.6", "head.fc", [1000, 4096]],
    ] as const;
    for (const [own, timm, shape] of rename) {
      shapes.set(`${timm}.weight`, shape);
      shapes.set(`${timm}.bias`, shape.slice(0, 1));
      for (const leaf of ["weight", "bias"]) shapes.delete(`${own}.${leaf}`);
    }
    const named = await nameWeights(fileOf(shapes).file, "w", { model });
    requireFit(model.stateDict(), named.entries);
    expect(named.rules).toEqual(["VGG's names of timm"]);
  });

  test("name the classifier as the model does", async () => {
    for (const [name, own, other] of [
      ["resnet18", "fc", "last_linear"],
      ["densenet121", "classifier", "last_linear"],
      ["inception_resnet_v2", "classif", "last_linear"],
      ["inception_v4", "last_linear", "fc"],
      ["efficientnet_b0", "classifier.1", "classifier"],
    ] as const) {
      const model = meta(name);
      const shapes = shapesOf(model).map(
        ([key, shape]) => [key.replace(new RegExp(`^${own}\\.(?=\\w+$)`), `${other}.`), shape] as const,
      );
      const named = await nameWeights(fileOf(new Map(shapes)).file, "w", { model });
      requireFit(model.stateDict(), named.entries);
      expect(named.rules).toEqual(["another name of the classifier"]);
    }
  });

  test("translate timm's pre-activation ResNet, for a model of version 2", async () => {
    const model = meta("resnet50", { version: "2" });
    const timm = (key: string) =>
      key
        .replace(/^layer(\d)\.(\d+)\.bn(\d)/, (_, stage, block, n) => `stages.${stage - 1}.blocks.${block}.norm${n}`)
        .replace(/^layer(\d)\.(\d+)\./, (_, stage, block) => `stages.${stage - 1}.blocks.${block}.`)
        .replace("downsample.0", "downsample.conv")
        .replace(/^conv1/, "stem.conv")
        .replace(/^fc\./, "head.fc.");
    const shapes = shapesOf(model).map(
      ([key, shape]) => [timm(key), key === "fc.weight" ? ([...shape, 1, 1] as const) : shape] as const,
    );
    const named = await nameWeights(fileOf(new Map(shapes)).file, "w", { model });
    requireFit(model.stateDict(), named.entries);
    expect(optionsFor(named.rules)).toEqual({ version: "2" });
  });

  test("take the biases of Keras's ResNet into the norms, or into a model that has them", async () => {
    const keras = rows.find(({ model, project }) => model === "resnet50" && project === "Keras");
    const biased = meta("resnet50", { version: "1", convBias: true });
    const own = [...new Set(shapesOf(biased).map(([key]) => key.replace(/\.\w+$/, "")))];
    const theirs = new Map(own.map((layer, i) => [layer, keras?.layers[i]]));
    const shapes = new Map<string, readonly number[]>([["conv1_conv.bias", [64]]]);
    for (const [key, shape] of shapesOf(biased))
      shapes.set(`${theirs.get(key.replace(/\.\w+$/, ""))}${/\.\w+$/.exec(key)?.[0]}`, shape);
    for (const model of [biased, meta("resnet50", { version: "1" })]) {
      const named = await nameWeights(fileOf(shapes).file, "w", { model });
      requireFit(model.stateDict(), named.entries);
      expect(named.rules).toContain("biases of convolutions taken from the means of the norms behind");
      expect(optionsFor(named.rules)).toEqual({ version: "1" });
    }
  });

  test.each([
    ["googlenet", "aux1.conv.conv.weight"],
    ["inception_v3", "AuxLogits.fc.weight"],
  ])("leave out the auxiliary classifiers of %s where the model has none, and need them where it has", async (name, aux) => {
    const [whole, without] = [meta(name), meta(name, { auxLogits: false })];
    const named = await nameWeights(fileOf(new Map(shapesOf(whole))).file, "w", { model: without });
    requireFit(without.stateDict(), named.entries);
    expect(named.rules).toEqual(["without auxiliary classifiers"]);
    const lacking = await nameWeights(fileOf(new Map(shapesOf(without))).file, "w", { model: whole });
    expect(() => requireFit(whole.stateDict(), lacking.entries)).toThrow(`missing`);
    expect(() => requireFit(whole.stateDict(), lacking.entries)).toThrow(aux);
  });

  test("have names of their own", () => {
    expect(new Set(KEY_TABLES.map(({ name }) => name)).size).toBe(KEY_TABLES.length);
  });
});
