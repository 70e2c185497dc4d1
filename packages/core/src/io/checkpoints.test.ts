import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type DType, decode } from "../dtype";
import { FileFormatError } from "../errors";
import { fileDTypeBytes, type HostTensor, isFileOnly, readInteger } from "./host-tensor";
import { openWeights } from "./open-weights";
import { fromBytes } from "./random-access";

// Made by goldens/make_checkpoints.py with PyTorch 1.13.1 and NumPy 1.24.2; the values are what torch.load and numpy.load gave.
const folder = new URL("../../goldens/checkpoints/", import.meta.url);
interface Expected {
  readonly tensors: Record<string, { dtype: string; shape: number[]; values: number[] }>;
  readonly metadata: Record<string, string>;
}
const expected: Record<string, Expected> = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8"));
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
const open = (name: string, bytes = bytesOf(name)) => openWeights(fromBytes(bytes), name);

describe("reads what PyTorch and NumPy saved", () => {
  test.each(Object.keys(expected))("%s", async (name) => {
    const file = await open(name);
    const tensors: Record<string, unknown> = {};
    for (const [key, { dtype, shape }] of file.entries) {
      const tensor = await file.read(key);
      expect([key, tensor.dtype, tensor.shape]).toEqual([key, dtype, shape]);
      tensors[key] = { dtype, shape, values: numbersOf(tensor) };
    }
    expect(tensors).toEqual(expected[name]?.tensors);
    expect([...file.entries.keys()]).toEqual(Object.keys(expected[name]!.tensors));
    expect(Object.fromEntries(file.metadata)).toEqual(expected[name]?.metadata);
  });
});

function numbersOf({ dtype, bytes }: HostTensor): number[] {
  if (!isFileOnly(dtype)) return Array.from(decode(bytes, dtype satisfies DType));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const step = fileDTypeBytes(dtype);
  return Array.from({ length: bytes.byteLength / step }, (_, i) => readInteger(view, i * step, dtype));
}

describe("refuses", () => {
  test.each([
    ["whole-module.pth", /got torch\.nn\.modules\.linear\.Linear\. .*save model\.state_dict\(\)/],
    ["complex.pth", /got torch\.ComplexFloatStorage\. .*complex/],
    ["quantized.pth", /got torch\._utils\._rebuild_qtensor\. Quantized/],
    ["sparse.pth", /got torch\._utils\._rebuild_sparse_tensor\. .*to_dense/],
    ["torchscript.pt", /got TorchScript.*state_dict/],
  ])("%s", async (name, message) => {
    const error = await open(name).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as Error).message).toMatch(message);
  });
});
