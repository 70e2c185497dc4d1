import { describe, expect, test } from "vitest";
import { FileFormatError } from "../errors";
import { concatBytes } from "./host-tensor";
import { openWeights } from "./open-weights";
import { fromBytes, type RandomAccess } from "./random-access";
import { writeSafetensors } from "./safetensors";

const shard = (...names: readonly string[]) =>
  concatBytes(writeSafetensors(names.map((name, i) => [name, { dtype: "u8", shape: [1], bytes: Uint8Array.of(i + 1) }])));
const FILES: Readonly<Record<string, Uint8Array>> = {
  "m-1-of-2.safetensors": shard("a", "b"),
  "m-2-of-2.safetensors": shard("c"),
};

/** Opens the index, and says which shards were asked for. */
async function open(index: unknown, opened: string[] = []) {
  const openSibling = async (name: string): Promise<RandomAccess> => {
    opened.push(name);
    const bytes = FILES[name];
    if (bytes === undefined) throw new Error("no such file");
    return fromBytes(bytes);
  };
  const json = typeof index === "string" ? index : JSON.stringify(index);
  return openWeights(fromBytes(new TextEncoder().encode(json)), "m.index.json", { openSibling });
}

describe("openSafetensorsShards", () => {
  test("reads every tensor from its shard, and opens each shard once", async () => {
    const opened: string[] = [];
    const weight_map = { c: "m-2-of-2.safetensors", b: "m-1-of-2.safetensors", a: "m-1-of-2.safetensors" };
    const file = await open({ metadata: { total_size: 3 }, weight_map }, opened);
    expect([...file.entries.keys()]).toEqual(["c", "b", "a"]);
    expect([...(await file.read("b")).bytes, ...(await file.read("c")).bytes]).toEqual([2, 1]);
    expect(file.metadata).toEqual(new Map([["total_size", "3"]]));
    expect(opened).toEqual(["m-2-of-2.safetensors", "m-1-of-2.safetensors"]);
  });

  test.each<[string, unknown, RegExp]>([
    ["a path upwards", { weight_map: { a: "../m.safetensors" } }, /beside the index, without a path, got "\.\.\/m\.safetensors"/],
    ["an absolute path", { weight_map: { a: "/etc/m.safetensors" } }, /without a path/],
    ["a path of Windows", { weight_map: { a: "C:\\m.safetensors" } }, /without a path/],
    ["an address", { weight_map: { a: "https://a.b/m.safetensors" } }, /without a path/],
    ["a hidden file", { weight_map: { a: ".m.safetensors" } }, /without a path/],
    ["an escaped path", { weight_map: { a: "..%2fm.safetensors" } }, /without a path/],
    ["a file of another kind", { weight_map: { a: "passwords.txt" } }, /must be \.safetensors files/],
    [
      "a missing shard",
      { weight_map: { a: "m-3.safetensors" } },
      /shard "m-3\.safetensors" must be there to be read, got no such file/,
    ],
    ["a tensor that isn't in its shard", { weight_map: { a: "m-2-of-2.safetensors" } }, /"a" must be in "m-2-of-2\.safetensors"/],
    ["a tensor twice", '{"weight_map":{"a":"m-1-of-2.safetensors","a":"m-2-of-2.safetensors"}}', /each key once/],
    ["no weight_map", { metadata: {} }, /must have a weight_map/],
    ["a weight_map of numbers", { weight_map: { a: 1 } }, /must have a weight_map of names to files/],
    ["half an index", '{"weight_map":', /must be JSON/],
  ])("refuses %s", async (_, index, message) => {
    const opened: string[] = [];
    const error = await open(index, opened).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as Error).message).toMatch(message);
    expect(opened.every((name) => /^m-\d/.test(name))).toBe(true);
  });
});
