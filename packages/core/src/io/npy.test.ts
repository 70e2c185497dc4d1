import { describe, expect, test } from "vitest";
import { encode } from "../dtype";
import { DTypeError, FileFormatError, ShapeError } from "../errors";
import { Philox } from "../random";
import { concatBytes, fileTensorBytes, type HostTensor } from "./host-tensor";
import { NPY_DTYPES, readNpy, writeNpy } from "./npy";

describe("readNpy", () => {
  // Files as NumPy 1.24.2 writes them (np.lib.format.write_array of [[1, 2, 3], [4, 5, 6]]): header, then data in hex.
  test.each([
    [
      "<f4 row-major",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
      "0000803f000000400000404000008040 0000a0400000c040",
      "f32",
    ],
    [
      "<f4 column-major",
      "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }",
      "0000803f00008040000000400000a040 000040400000c040",
      "f32",
    ],
    [
      ">i4",
      "{'descr': '>i4', 'fortran_order': False, 'shape': (2, 3), }",
      "000000010000000200000003000000040000000500000006",
      "i32",
    ],
    [
      ">f4 column-major",
      "{'descr': '>f4', 'fortran_order': True, 'shape': (2, 3), }",
      "3f8000004080000040000000 40a000004040000040c00000",
      "f32",
    ],
    ["|u1 column-major", "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", "010402050306", "u8"],
  ] as const)("%s", (_, dict, hex, dtype) => {
    const file = concatBytes([headerOf(dict.padEnd(117)), fromHex(hex)]);
    expect(readNpy(file)).toEqual({ dtype, shape: [2, 3], bytes: encode([1, 2, 3, 4, 5, 6], dtype) });
  });

  test("transposes three axes, and keeps vectors and scalars as they are", () => {
    // x[i, j, k] = 6i + 2j + k + 1 of shape [2, 3, 2], first index fastest.
    const columns = [1, 7, 3, 9, 5, 11, 2, 8, 4, 10, 6, 12];
    const file = concatBytes([headerOf("{'descr':'|u1','fortran_order':True,'shape':(2,3,2)}"), Uint8Array.from(columns)]);
    expect([...readNpy(file).bytes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const vector = concatBytes([headerOf("{'descr':'|u1','fortran_order':True,'shape':(2,)}"), Uint8Array.of(1, 2)]);
    expect(readNpy(vector)).toEqual({ dtype: "u8", shape: [2], bytes: Uint8Array.of(1, 2) });
    const scalar = concatBytes([headerOf("{'descr':'|u1','fortran_order':True,'shape':()}"), Uint8Array.of(9)]);
    expect(readNpy(scalar).shape).toEqual([]);
  });

  test.each([
    ["keys in another order, double quotes, no spaces", `{"shape":(1,),"fortran_order":False,"descr":"|u1"}`],
    ["spaces and line breaks", "\n { 'shape' : ( 1 , ) , 'descr' : '|u1' , 'fortran_order' : False , } \n"],
  ])("takes %s", (_, dict) => {
    expect(readNpy(concatBytes([headerOf(dict), Uint8Array.of(5)])).bytes).toEqual(Uint8Array.of(5));
  });

  test.each([2, 3])("reads version %d, whose header length has four bytes", (version) => {
    const file = concatBytes([headerOf("{'descr':'|u1','fortran_order':False,'shape':(1,)}", version), Uint8Array.of(5)]);
    expect(readNpy(file).bytes).toEqual(Uint8Array.of(5));
  });
});

describe("writeNpy", () => {
  test("lays the file out as NumPy 1.24.2 does", () => {
    const file = writeNpy({ dtype: "f32", shape: [2, 3], bytes: encode([1, 2, 3, 4, 5, 6], "f32") });
    const dict = `${"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117)}\n`;
    expect(file).toEqual(concatBytes([headerOf(dict), encode([1, 2, 3, 4, 5, 6], "f32")]));
    expect(file.byteLength).toBe(152);
  });

  test.each(
    [...new Set(NPY_DTYPES.values())].flatMap((dtype) => [[], [3], [2, 0], [2, 3, 4]].map((shape) => [dtype, shape] as const)),
  )("%s %j comes back as it was", (dtype, shape) => {
    const bytes = Uint8Array.from({ length: fileTensorBytes(dtype, shape)! }, (_, i) =>
      dtype === "bool" ? i % 2 : (i * 37) % 256,
    );
    expect(readNpy(writeNpy({ dtype, shape, bytes }))).toEqual({ dtype, shape, bytes });
  });

  test("refuses bf16, sizes that don't fit and more than 64 axes", () => {
    expect(() => writeNpy({ dtype: "bf16", shape: [1], bytes: new Uint8Array(2) })).toThrow(DTypeError);
    expect(() => writeNpy({ dtype: "f32", shape: [2], bytes: new Uint8Array(4) })).toThrow(ShapeError);
    expect(() => writeNpy({ dtype: "u8", shape: new Array<number>(65).fill(1), bytes: new Uint8Array(1) })).toThrow(ShapeError);
  });
});

describe("a hostile file is refused with what and where", () => {
  const dict = (descr: string, shape: string, order = "False") =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

  test.each<[string, string, number, RegExp]>([
    ["no dict", "hello", 0, /header must be .* got "hello"/],
    ["nothing", "", 0, /header must be/],
    ["an unclosed dict", "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)", 1, /header must be/],
    ["text after the dict", `${dict("'|u1'", "(1,)")}x`, 1, /header must be/],
    ["a missing key", "{'descr': '|u1', 'shape': (1,)}", 1, /header must be/],
    ["a key twice", "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", 1, /each key once/],
    ["an unknown key", "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), '__proto__': ()}", 1, /header must be/],
    ["values under each other's keys", "{'descr': (1,), 'fortran_order': '|u1', 'shape': False}", 1, /header must be/],
    ["a structured dtype", dict("[('a', '<f4')]", "(1,)"), 4, /header must be/],
    ["objects (pickle)", dict("'|O'", "(1,)"), 8, /descr must be .* got "\|O"/],
    ["an unknown type", dict("'<c8'", "(1,)"), 8, /descr must be < or > .* f4, f8, .* got "<c8"\. Save it with/],
    ["no byte order for f4", dict("'|f4'", "(1,)"), 4, /descr must be/],
    ["an empty type", dict("''", "(1,)"), 4, /descr must be/],
    ["a size that is no tuple", dict("'|u1'", "(1)"), 1, /header must be/],
    ["a negative size", dict("'|u1'", "(-1,)"), 1, /header must be/],
    ["a fractional size", dict("'|u1'", "(1.5,)"), 1, /header must be/],
    ["a product past 2^53", dict("'<f8'", "(4294967296, 4294967296)"), 0, /must hold fewer than 2\^53 bytes .* got 0/],
    [
      "a huge shape with little data",
      dict("'<f4'", "(1000000, 1000000)"),
      16,
      /must hold 4000000000000 bytes .* for f32 .* got 16/,
    ],
    ["a truncated array", dict("'<f4'", "(2,)"), 7, /must hold 8 bytes after its header for f32 \[2\], got 7/],
    ["bytes behind the array", dict("'<f4'", "(2,)"), 9, /must hold 8 bytes .* got 9/],
  ])("%s", (_, header, dataBytes, message) => {
    const read = () => readNpy(concatBytes([headerOf(header), new Uint8Array(dataBytes)]), "x.npy");
    expect(read).toThrow(FileFormatError);
    expect(read).toThrow(/^x\.npy: /);
    expect(read).toThrow(message);
  });

  test("a wrong magic, an unknown version, a lying header length, a bool of 2", () => {
    const file = writeNpy({ dtype: "bool", shape: [1], bytes: Uint8Array.of(1) });
    const changed = (index: number, value: number) => {
      const copy = file.slice();
      copy[index < 0 ? copy.byteLength + index : index] = value;
      return () => readNpy(copy);
    };
    expect(() => readNpy(new Uint8Array())).toThrow("the file must start with \\x93NUMPY, got 0 bytes");
    expect(changed(0, 0x92)).toThrow("got bytes 146 78 85 77 80 89");
    expect(changed(6, 4)).toThrow("the format's version must be 1.0, 2.0 or 3.0, got 4.0");
    expect(changed(7, 1)).toThrow("got 1.1");
    expect(changed(9, 0xff)).toThrow("the header's length must be at most 119, got 65398");
    expect(changed(-1, 2)).toThrow("the array (bool) must hold 0 or 1, got 2 at element 0");
    const longHeader = concatBytes([file.subarray(0, 6), Uint8Array.of(2, 0, 255, 255, 255, 255), new Uint8Array(100_000)]);
    expect(() => readNpy(longHeader)).toThrow("the header's length must be at most 16384, got 4294967295");
    expect(() => readNpy(Uint8Array.of(...file.subarray(0, 6), 2, 0, 0, 0))).toThrow(
      "the file must have 12 bytes at least, got 10",
    );
  });

  test("any cut gives FileFormatError; any damage FileFormatError or an array of its shape's size", () => {
    const bytes = encode([1, 2, 3, 4, 5, 6], "f32");
    const file = writeNpy({ dtype: "f32", shape: [2, 3], bytes });
    for (let length = 0; length < file.byteLength; length++)
      expect(() => readNpy(file.slice(0, length))).toThrow(FileFormatError);
    for (let bit = 0; bit < 128 * 8; bit++) {
      const copy = file.slice();
      copy[bit >> 3]! ^= 1 << (bit & 7);
      expectSound(copy);
    }
    const random = new Philox(20241122, 2);
    for (let round = 0; round < 3000; round++) {
      const copy = file.slice();
      for (let k = random.integer(4); k >= 0; k--) copy[random.integer(80)] = random.integer(256);
      expectSound(copy);
    }
  });
});

function expectSound(file: Uint8Array): void {
  let tensor: HostTensor;
  try {
    tensor = readNpy(file);
  } catch (error) {
    expect(error).toBeInstanceOf(FileFormatError);
    return;
  }
  expect(tensor.bytes.byteLength).toBe(fileTensorBytes(tensor.dtype, tensor.shape));
}

function headerOf(dict: string, version = 1): Uint8Array {
  const text = new TextEncoder().encode(dict.length === 117 ? `${dict}\n` : dict);
  const length =
    version === 1 ? [text.byteLength & 255, text.byteLength >> 8] : [text.byteLength & 255, text.byteLength >> 8, 0, 0];
  return concatBytes([Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...length), text]);
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
