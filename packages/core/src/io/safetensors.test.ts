import { describe, expect, test } from "vitest";
import { encode } from "../dtype";
import { ArgumentError, FileFormatError } from "../errors";
import { Philox } from "../random";
import { concatBytes, fileTensorBytes, type HostTensor } from "./host-tensor";
import { fromBytes } from "./random-access";
import { openSafetensors, readSafetensors, writeSafetensors } from "./safetensors";
import { parseSafetensorsHeader, safetensorsDataOffset } from "./safetensors-header";

describe("readSafetensors", () => {
  test("reads the file spelled out byte by byte", () => {
    const file = fileOf('{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', [0, 0, 128, 63, 0, 0, 0, 192]);
    expect(readSafetensors(file).tensors).toEqual(
      new Map([["x", { dtype: "f32", shape: [2], bytes: new Uint8Array(encode([1, -2], "f32")) }]]),
    );
  });

  test("gives back what was written: every dtype, scalars, empty tensors, odd names, metadata", () => {
    const { entries, metadata, file } = sample();
    const { tensors, metadata: readMetadata } = readSafetensors(file);
    expect(new Map([...tensors].sort())).toEqual(new Map([...entries].sort()));
    expect(readMetadata).toEqual(new Map(metadata));
  });

  test("copies tensors whose bytes are unaligned, so that typed arrays can view them", () => {
    // Header of 54 bytes + 1 space: data starts at 63.
    const json = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} ';
    const { bytes } = readSafetensors(fileOf(json, [0, 0, 128, 63])).tensors.get("x") as HostTensor;
    expect(new Float32Array(bytes.buffer, bytes.byteOffset, 1)[0]).toBe(1);
  });

  test("views aligned tensors without a copy", () => {
    const { file } = sample();
    const { bytes } = readSafetensors(file).tensors.get("weight") as HostTensor;
    expect(bytes.buffer).toBe(file.buffer);
  });

  test("reads from a view into a larger buffer", () => {
    const { file, entries } = sample();
    const larger = new Uint8Array(file.byteLength + 7);
    larger.set(file, 3);
    expect(readSafetensors(larger.subarray(3, 3 + file.byteLength)).tensors.size).toBe(entries.length);
  });

  test("takes __proto__ and constructor as names like any other", () => {
    const tensor: HostTensor = { dtype: "u8", shape: [1], bytes: Uint8Array.of(7) };
    const file = concatBytes(
      writeSafetensors(
        [
          ["__proto__", tensor],
          ["constructor", tensor],
        ],
        [["__proto__", "m"]],
      ),
    );
    const { tensors, metadata } = readSafetensors(file);
    expect([[...tensors.keys()], metadata.get("__proto__")]).toEqual([["__proto__", "constructor"], "m"]);
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });
});

describe("a hostile file is refused with what and where", () => {
  const tensor = (fields: string) => `{"x":{${fields}}}`;
  const one = (shape: string, offsets: string, dtype = '"F32"') =>
    tensor(`"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}`);
  const two = (a: string, b: string) =>
    `{"a":{"dtype":"U8","shape":[4],"data_offsets":${a}},"b":{"dtype":"U8","shape":[4],"data_offsets":${b}}}`;

  // [what, header, data bytes, message]
  const CASES: [string, string, number, RegExp][] = [
    ["not JSON", "hello", 0, /the header must be JSON with a value, got "hello" at character 0/],
    ["no object", "[1]", 0, /JSON object that starts with "\{", got byte 91/],
    ["space before the object", " {}", 0, /starts with "\{", got byte 32/],
    ["unfinished JSON", '{"x":', 0, /a value, got its end/],
    ["text after the object", "{} {}", 0, /nothing after its end, got "\{\}" at character 3/],
    ["a trailing comma", '{"__metadata__":{},}', 0, /a quoted key/],
    ["duplicate tensors", '{"x":1,"x":1}', 0, /each key once, got .*"x.* at character 7/],
    ["duplicates by escapes", '{"x":1,"\\u0078":1}', 0, /each key once/],
    ["duplicate fields", tensor('"dtype":"F32","dtype":"F32"'), 0, /each key once/],
    ["a lone surrogate", '{"\\ud800":1}', 0, /valid escapes/],
    ["a bad escape", '{"\\x":1}', 0, /valid escapes/],
    ["a control character", '{"\n":1}', 0, /control characters/],
    ["deep nesting", `{"x":${"[".repeat(100_000)}`, 0, /at most 8 levels/],
    ["an endless number", one(`[${"1".repeat(100_000)}]`, "[0,4]"), 4, /"," or "\]"/],
    ["metadata that isn't text", '{"__metadata__":{"a":1}}', 0, /__metadata__ must map strings to strings, got an object/],
    ["a tensor that is no object", '{"x":3}', 0, /tensor "x" must be an object, got 3/],
    [
      "a missing field",
      tensor('"dtype":"F32","shape":[1]'),
      4,
      /tensor "x" must have dtype, shape and data_offsets.*got "dtype", "shape"/,
    ],
    ["an unknown field", tensor('"dtype":"F32","shape":[1],"data_offsets":[0,4],"y":1'), 4, /and nothing else/],
    ["an unknown dtype", one("[1]", "[0,4]", '"C64"'), 4, /tensor "x"'s dtype must be one of U64, .*BOOL, got "C64"/],
    ["a dtype from Object.prototype", one("[1]", "[0,4]", '"toString"'), 4, /dtype must be one of/],
    ["a dtype that is no text", one("[1]", "[0,4]", "{}"), 4, /dtype must be one of .* got an object/],
    ["a negative size", one("[-1]", "[0,4]"), 4, /tensor "x"'s shape must be integers from 0/],
    ["a fractional size", one("[0.5]", "[0,4]"), 4, /shape must be integers/],
    ["a size of 2^53", one("[9007199254740993]", "[0,4]"), 4, /shape must be integers/],
    ["a shape that is text", one('"2"', "[0,4]"), 4, /shape must be integers .* got "2"/],
    ["a product past 2^53", one("[4294967296,4294967296]", "[0,4]"), 4, /must span fewer than 2\^53 bytes for f32/],
    ["a product that wraps to 0 in 64 bits", one("[4294967296,4294967296]", "[0,0]"), 0, /must span fewer than 2\^53/],
    ["a product past 2^53 beside a 0", one("[4294967296,4294967296,0]", "[0,0]"), 0, /must span fewer than 2\^53/],
    ["too few bytes for the shape", one("[2]", "[0,4]"), 4, /must span 8 bytes for f32 \[2\], got \[0, 4\]/],
    ["too many bytes for the shape", one("[1]", "[0,8]"), 8, /must span 4 bytes/],
    ["a negative offset", one("[1]", "[-4,0]"), 4, /data_offsets must be integers from 0/],
    ["offsets the wrong way round", one("[1]", "[4,0]"), 4, /begin ≤ end ≤ 4/],
    [
      "an offset past the end",
      one("[2]", "[0,8]"),
      4,
      /begin ≤ end ≤ 4, the bytes after the header, got \[0, 8\]\. Is the file whole\?/,
    ],
    ["an offset near 2^53", one("[1]", "[9007199254740987,9007199254740991]"), 4, /begin ≤ end ≤ 4/],
    ["three offsets", one("[1]", "[0,4,8]"), 4, /data_offsets must be \[begin, end\]/],
    [
      "overlapping tensors",
      two("[0,4]", "[2,6]"),
      6,
      /tensor "b" must not overlap its neighbour \(start at 4\), got data_offsets \[2, 6\]/,
    ],
    ["the same bytes twice", two("[0,4]", "[0,4]"), 4, /tensor "b" must not overlap/],
    ["a hole", two("[0,4]", "[5,9]"), 9, /tensor "b" must leave no hole before it \(start at 4\)/],
    ["a hole at the start", one("[1]", "[4,8]"), 8, /tensor "x" must leave no hole/],
    ["bytes behind the last tensor", one("[1]", "[0,4]"), 5, /must end where the file ends/],
    ["data without tensors", "{}", 1, /must end where the file ends/],
    ["a bool of 2", one("[1]", "[0,1]", '"BOOL"'), -2, /"x" \(bool\) must hold 0 or 1, got 2 at element 0/],
  ];

  test.each(CASES)("%s", (_, header, dataBytes, message) => {
    const data = dataBytes === -2 ? [2] : new Array<number>(dataBytes).fill(0);
    const read = () => readSafetensors(fileOf(header, data), "model.safetensors");
    expect(read).toThrow(FileFormatError);
    expect(read).toThrow(/^model\.safetensors: /);
    expect(read).toThrow(message);
  });

  test("an empty file, one shorter than 8 bytes, and one without its header", () => {
    expect(() => readSafetensors(new Uint8Array())).toThrow(
      "readSafetensors: a safetensors file must have at least 8 bytes, got 0",
    );
    expect(() => readSafetensors(new Uint8Array(7))).toThrow("at least 8 bytes, got 7");
    expect(() => readSafetensors(lengthPrefix(100n))).toThrow(
      "the header's length must be at most 0 bytes (the file has 8), got 100",
    );
  });

  test("header lengths of 2^60, 2^64 − 1 and past 100 MB, before anything is allocated", () => {
    const huge = 2 ** 40;
    for (const length of [1n << 60n, (1n << 64n) - 1n, 100_000_001n]) {
      const offset = () => safetensorsDataOffset(lengthPrefix(length), huge, "f");
      expect(offset).toThrow(`f: the header's length must be at most 100000000 bytes (the file has ${huge}), got ${length}`);
    }
    expect(safetensorsDataOffset(lengthPrefix(100_000_000n), huge, "f")).toBe(100_000_008);
  });

  test("headers that aren't UTF-8 or begin with a byte order mark", () => {
    expect(() => readSafetensors(concatBytes([lengthPrefix(2n), Uint8Array.of(0x7b, 0xff)]))).toThrow("the header must be UTF-8");
    expect(() => readSafetensors(fileOf("\ufeff{}", []))).toThrow(FileFormatError);
  });

  test("a long name is cut in the message", () => {
    const read = () => readSafetensors(fileOf(`{"${"n".repeat(10_000)}":3}`, []));
    expect(read).toThrow(/^.{0,160}$/);
  });
});

describe("a damaged file gives FileFormatError or a sound parse, and nothing else", () => {
  const { file } = sample();
  const headerEnd = safetensorsDataOffset(file, file.byteLength, "f");

  test("cut at every length", () => {
    for (let length = 0; length < file.byteLength; length++) {
      expect(() => readSafetensors(file.slice(0, length)), `${length} bytes`).toThrow(FileFormatError);
    }
  });

  test("every single bit of the header flipped", () => {
    for (let bit = 0; bit < headerEnd * 8; bit++) expectSound(flipped(file, [bit]));
  });

  test("up to eight random bits flipped, then cut or extended", () => {
    const random = new Philox(20241122, 0);
    for (let round = 0; round < 3000; round++) {
      const area = round % 2 === 0 ? headerEnd : file.byteLength;
      const bits = Array.from({ length: 1 + random.integer(8) }, () => random.integer(area * 8));
      const damaged = flipped(file, bits);
      const kind = random.integer(3);
      if (kind === 0) expectSound(damaged);
      if (kind === 1) expectSound(damaged.slice(0, random.integer(damaged.byteLength)));
      if (kind === 2) expectSound(concatBytes([damaged, new Uint8Array(random.integer(64))]));
    }
  });

  test("pieces of the header replaced by other pieces", () => {
    const random = new Philox(20241122, 1);
    for (let round = 0; round < 3000; round++) {
      const damaged = file.slice();
      const length = 1 + random.integer(24);
      const from = 8 + random.integer(headerEnd - 8 - length);
      damaged.copyWithin(8 + random.integer(headerEnd - 8 - length), from, from + length);
      expectSound(damaged);
    }
  });
});

describe("openSafetensors", () => {
  test("reads the header only, then one tensor at a time", async () => {
    const { file, entries } = sample();
    const reads: [number, number][] = [];
    const source = fromBytes(file);
    const opened = await openSafetensors({
      size: source.size,
      read: (offset, length) => {
        reads.push([offset, length]);
        return source.read(offset, length);
      },
    });
    const headerEnd = safetensorsDataOffset(file, file.byteLength, "f");
    expect(reads).toEqual([
      [0, 8],
      [0, headerEnd],
    ]);
    for (const [name, tensor] of entries) expect(await opened.read(name)).toEqual(tensor);
    const { begin, end } = opened.entries.get("weight")!;
    expect(reads).toContainEqual([begin, end - begin]);
    await expect(opened.read("nothing")).rejects.toThrow(ArgumentError);
  });

  test("refuses a terabyte file with a lying header without reading or allocating more than 8 bytes", async () => {
    const reads: number[] = [];
    const read = async (_: number, length: number) => {
      reads.push(length);
      return lengthPrefix(1n << 60n);
    };
    await expect(openSafetensors({ size: 2 ** 40, read })).rejects.toThrow(FileFormatError);
    expect(reads).toEqual([8]);
  });

  test("says so when the file shrinks while it is read", async () => {
    const { file } = sample();
    const read = async (offset: number, length: number) => file.subarray(offset, Math.min(offset + length, file.byteLength - 1));
    const opened = await openSafetensors({ size: file.byteLength, read }, "model.safetensors");
    const last = [...opened.entries].find(([, { end }]) => end === file.byteLength)!;
    await expect(opened.read(last[0])).rejects.toThrow(/^model.safetensors: the file must still hold .* bytes at offset .*, got/);
  });

  test("refuses an empty source", async () => {
    await expect(openSafetensors(fromBytes(new Uint8Array()))).rejects.toThrow(FileFormatError);
  });
});

describe("writeSafetensors", () => {
  test("sorts by alignment then name and pads the header, as the Rust implementation does", () => {
    const file = concatBytes(
      writeSafetensors(
        [
          ["b", { dtype: "u8", shape: [1], bytes: Uint8Array.of(1) }],
          ["c", { dtype: "i64", shape: [], bytes: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0) }],
          ["a", { dtype: "u8", shape: [0], bytes: new Uint8Array() }],
        ],
        [["format", "pt"]],
      ),
    );
    const json =
      '{"__metadata__":{"format":"pt"},"c":{"dtype":"I64","shape":[],"data_offsets":[0,8]},' +
      '"a":{"dtype":"U8","shape":[0],"data_offsets":[8,8]},"b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}}';
    const padded = json.padEnd(Math.ceil(json.length / 8) * 8);
    expect(file).toEqual(fileOf(padded, [2, 0, 0, 0, 0, 0, 0, 0, 1]));
  });

  test("gives the same bytes whatever the order of entries and metadata", () => {
    const { entries, metadata, file } = sample();
    expect(concatBytes(writeSafetensors([...entries].reverse(), [...metadata].reverse()))).toEqual(file);
  });

  test("writes an empty file that can be read", () => {
    expect(readSafetensors(concatBytes(writeSafetensors([]))).tensors.size).toBe(0);
  });

  test.each<[string, [string, HostTensor][]]>([
    [
      "a name twice",
      [
        ["x", scalar()],
        ["x", scalar()],
      ],
    ],
    ["the reserved name", [["__metadata__", scalar()]]],
    ["a name that isn't Unicode", [["\ud800", scalar()]]],
    ["bytes that don't fit the shape", [["x", { ...scalar(), shape: [2] }]]],
    ["a negative size", [["x", { ...scalar(), shape: [-1] }]]],
  ])("refuses %s", (_, entries) => {
    expect(() => writeSafetensors(entries)).toThrow(ArgumentError);
  });
});

function scalar(): HostTensor {
  return { dtype: "f32", shape: [], bytes: encode([1.5], "f32") };
}

function sample() {
  const random = new Philox(1, 0);
  const tensor = (dtype: HostTensor["dtype"], shape: number[]): HostTensor => {
    const bytes = Uint8Array.from({ length: fileTensorBytes(dtype, shape)! }, () => random.integer(dtype === "bool" ? 2 : 256));
    return { dtype, shape, bytes };
  };
  const entries: [string, HostTensor][] = [
    ["weight", tensor("f32", [2, 3, 1])],
    ["bias", tensor("f64", [3])],
    ["half", tensor("f16", [5])],
    ["brain", tensor("bf16", [1, 3])],
    ["num_batches_tracked", tensor("i64", [])],
    ["index", tensor("i32", [2])],
    ["pixels", tensor("u8", [7])],
    ["mask", tensor("bool", [3])],
    ["empty", tensor("f32", [4, 0, 2])],
    ['odd "näme" \\ 🦴\n', tensor("u8", [1])],
  ];
  const metadata: [string, string][] = [
    ["format", "pt"],
    ["a", "ü"],
  ];
  return { entries, metadata, file: concatBytes(writeSafetensors(entries, metadata)) };
}

function lengthPrefix(length: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(length).buffer);
}

function fileOf(header: string, data: readonly number[]): Uint8Array {
  const text = new TextEncoder().encode(header);
  return concatBytes([lengthPrefix(BigInt(text.byteLength)), text, Uint8Array.from(data)]);
}

function flipped(file: Uint8Array, bits: readonly number[]): Uint8Array {
  const copy = file.slice();
  for (const bit of bits) copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

/** Either FileFormatError, or entries that cover the file's data exactly and tensors of their shapes' sizes. */
function expectSound(file: Uint8Array): void {
  try {
    const { entries } = parseSafetensorsHeader(file, file.byteLength);
    const { tensors } = readSafetensors(file);
    let bytes = safetensorsDataOffset(file, file.byteLength, "f");
    for (const [name, tensor] of tensors) {
      expect(tensor.bytes.byteLength).toBe(fileTensorBytes(tensor.dtype, tensor.shape));
      expect(entries.has(name)).toBe(true);
      bytes += tensor.bytes.byteLength;
    }
    expect(bytes).toBe(file.byteLength);
  } catch (error) {
    if (!(error instanceof FileFormatError)) throw error;
  }
}
