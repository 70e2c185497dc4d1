import { openReference } from "@vertebra/parity";
import { describe, expect, test } from "vitest";
import { setDevice } from "../device";
import { FileFormatError } from "../errors";
import { BatchNorm2d } from "../nn/layers/batch-norm";
import { Conv2d } from "../nn/layers/conv2d";
import { Linear } from "../nn/layers/linear";
import { Module } from "../nn/module";
import type { Tensor } from "../tensor";
import type { HostTensor } from "./host-tensor";
import type { KeyTable } from "./key-table";
import { epsKey, nameWeights } from "./name-weights";
import { readWeights } from "./read-weights";
import type { TensorFile } from "./tensor-file";

setDevice(openReference());

const f32 = (shape: readonly number[], ...values: number[]): HostTensor => ({
  dtype: "f32",
  shape,
  bytes: new Uint8Array(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => values[i] ?? 1).buffer),
});

const fileOf = (tensors: Record<string, HostTensor>, metadata: Record<string, string> = {}): TensorFile => ({
  entries: new Map(Object.entries(tensors)),
  metadata: new Map(Object.entries(metadata)),
  read: async (name) => tensors[name] as HostTensor,
});

const TABLES: readonly KeyTable[] = [
  {
    name: "elsewhere",
    when: /^stem\./,
    renames: [
      { from: /^stem\.(\w+)$/, to: "conv.$1" },
      { from: /^norm(\d)\.(\w+)$/, to: (n = "", leaf = "") => `bn${Number(n) - 1 || ""}.${leaf}` },
      { from: /^head\.(\w+)$/, to: ["classifier.$1", "fc.$1"], flatten: true },
    ],
    folds: [{ from: /^conv\.bias$/, to: "bn.running_mean" }],
  },
  { name: "without aux", when: /^aux\./, optional: /^aux\./ },
];

class Net extends Module {
  readonly conv = new Conv2d(1, 2, { kernel: 1, bias: false });
  readonly bn = new BatchNorm2d(2);
  readonly fc = new Linear(8, 1);

  override get keyTables(): readonly KeyTable[] {
    return TABLES;
  }

  forward(x: Tensor): Tensor {
    return x;
  }
}

const foreign = {
  "stem.weight": f32([2, 1, 1, 1], 3, 4),
  "stem.bias": f32([2], 0.5, 0.25),
  "norm1.weight": f32([2], 5, 6),
  "norm1.bias": f32([2]),
  "norm1.running_mean": f32([2], 2, 3),
  "norm1.running_var": f32([2], 1, 2),
  "head.weight": f32([1, 2, 2, 2]),
  "head.bias": f32([1], 7),
  "aux.weight": f32([1]),
};

describe("nameWeights", () => {
  test("applies a model's tables: renames, flattens, folds biases into means, leaves out what is optional", async () => {
    const model = new Net();
    const named = await nameWeights(fileOf(foreign), "w", { model });
    expect(named.rules).toEqual(["elsewhere", "without aux", "biases of convolutions taken from the means of the norms behind"]);
    model.loadStateDict(await readWeights(named));
    const state = model.stateDict();
    const values = async (name: string) => [...(await state.get(name)!.data())];
    expect(await values("conv.weight")).toEqual([3, 4]);
    expect(await values("bn.weight")).toEqual([5, 6]);
    // What the norm subtracts from a convolution without the bias: the mean without it.
    expect(await values("bn.running_mean")).toEqual([1.5, 2.75]);
    expect(named.entries.get("fc.weight")?.shape).toEqual([1, 8]);
    expect(await values("fc.bias")).toEqual([7]);
  });

  test("keeps names that no rule fits, so that strict loading tells of them", async () => {
    const named = await nameWeights(fileOf({ ...foreign, "other.weight": f32([1]) }), "w", { model: new Net() });
    expect([...named.entries.keys()]).toContain("other.weight");
    expect([...named.entries.keys()]).not.toContain("aux.weight");
  });

  test("doesn't touch a file that already has the model's names", async () => {
    const own = Object.fromEntries([...new Net().stateDict()].map(([name, { shape }]) => [name, f32(shape)]));
    const named = await nameWeights(fileOf(own), "w", { model: new Net() });
    expect([named.rules, [...named.entries.keys()]]).toEqual([[], Object.keys(own)]);
  });

  test("moves the difference of eps into the variance", async () => {
    const named = await nameWeights(fileOf(foreign, { [epsKey("norm1")]: "0.5" }), "w", { model: new Net() });
    expect(named.rules).toContain("variances for the model's eps");
    const { bytes } = await named.read("bn.running_var");
    const [a, b] = new Float32Array(bytes.buffer, bytes.byteOffset, 2);
    expect([a, b]).toEqual([Math.fround(1.5 - 1e-5), Math.fround(2.5 - 1e-5)]);
  });

  test("refuses variances that would become negative", async () => {
    const zero = { ...foreign, "norm1.running_var": f32([2], 0, 0) };
    const named = await nameWeights(fileOf(zero, { [epsKey("norm1")]: "1e-7" }), "w", { model: new Net() });
    await expect(named.read("bn.running_var")).rejects.toThrow(FileFormatError);
  });
});
