import { describe, expect, test } from "vitest";
import { FileFormatError } from "../errors";
import { concatBytes } from "./host-tensor";
import { writeNpy } from "./npy";
import { openWeights } from "./open-weights";
import { fromBytes } from "./random-access";
import { writeSafetensors } from "./safetensors";
import { pickleOf } from "./testing/pickle-bytes";
import { zipBytes } from "./testing/zip-bytes";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const value = { dtype: "u8", shape: [1], bytes: Uint8Array.of(7) } as const;

describe("openWeights", () => {
  // PyTorch's and NumPy's own files are read in checkpoints.test.ts, shards in safetensors-shards.test.ts.
  test.each<[string, Uint8Array]>([
    ["safetensors", concatBytes(writeSafetensors([["x", value]]))],
    ["npz", zipBytes([{ name: "x.npy", data: writeNpy(value) }])],
  ])("tells %s by its contents", async (_, bytes) => {
    const file = await openWeights(fromBytes(bytes), "weights.bin");
    expect((await file.read("x")).bytes).toEqual(Uint8Array.of(7));
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["an empty file", ascii(""), /got an empty file\. Download it again/],
    [
      "a Git LFS pointer",
      ascii("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
      /got a Git LFS pointer.*git lfs pull/,
    ],
    ["a web page", ascii("\n<!DOCTYPE html><html>"), /got a web page\. .*direct link/],
    ["an .npy", writeNpy(value), /got one NumPy array \(\.npy\)\. .*readNpy/],
    ["HDF5", ascii("\x89HDF\r\n\x1a\n"), /got HDF5.*tensorflowjs_converter/],
    [
      "a model.json without its folder",
      ascii('{"format": "layers-model", "modelTopology": {}}'),
      /must come with a way to open them/,
    ],
    ["GGUF", ascii("GGUF\x03\0\0\0"), /got GGUF/],
    ["TensorFlow Lite", ascii("\x1c\0\0\0TFL3"), /got TensorFlow Lite/],
    ["ONNX", ascii("\x08\x08\x12\x07pytorch"), /got ONNX/],
    ["gzip", ascii("\x1f\x8b\x08"), /got a gzip archive\. Unpack it first/],
    ["the oldest .pth", ascii(`storages${"\0".repeat(249)}ustar`), /got a tar archive of PyTorch before 0\.1\.10/],
    ["tar", ascii(`weights.pth${"\0".repeat(246)}ustar`), /got a tar archive\. Unpack/],
    ["another ZIP", zipBytes([{ name: "a.txt", data: ascii("a") }]), /got a ZIP archive without tensors/],
    ["an index without its folder", ascii('{"weight_map": {}}'), /must come with a way to open them.*Pass the file's path/],
    ["a pickle of something else", pickleOf("}"), /got a pickle without PyTorch's number in front/],
    ["a hostile pickle of protocol 0", ascii("cos\nsystem\n(S'id'\np0\ntR."), /got os\.system\. It wants to run code/],
    ["one that makes an instance", ascii("(S'id'\nios\nsystem\n."), /got os\.system\. It wants to run code/],
    [
      "one that calls what a call gave",
      ascii("c__builtin__\ngetattr\n(cos\npath\nVx\ntR}b."),
      /got builtins\.getattr\. It wants/,
    ],
    ["a harmless pickle of protocol 0", ascii("(dp0\nS'x'\nI1\ns."), /got a pickle without PyTorch's number in front/],
    ["text that begins as a pickle", ascii("cat\ndog\nbird\n"), /got a file that starts with 63 61 74 0a/],
    [
      "anything else",
      Uint8Array.of(1, 2, 3, 255),
      /NumPy's \.npz or a TensorFlow\.js model\.json, got a file that starts with 01 02 03 ff/,
    ],
  ])("says what %s is, and what to do", async (_, bytes, message) => {
    const error = await openWeights(fromBytes(bytes), "weights.bin").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as Error).message).toMatch(/^weights\.bin: /);
    expect((error as Error).message).toMatch(message);
  });
});
