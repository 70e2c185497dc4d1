import { describe, expect, test } from "vitest";
import { FileFormatError } from "../errors";
import { crc32 } from "./crc32";
import { fromBytes, readExactly } from "./random-access";
import { deflated, type ZipEnd, type ZipPart, zipBytes } from "./testing/zip-bytes";
import { openZip } from "./zip";

const HELLO = new TextEncoder().encode("hello");
const ZEROS = new Uint8Array(100_000);

async function contents(archive: Uint8Array): Promise<Record<string, Uint8Array>> {
  const zip = await openZip(fromBytes(archive), "x.zip");
  const found: Record<string, Uint8Array> = {};
  for (const [name, entry] of zip.entries) {
    const data = await zip.open(entry);
    found[name] = await readExactly(data, 0, data.size, "x.zip");
  }
  return found;
}

describe("openZip", () => {
  test.each<[string, ZipEnd]>([
    ["ZIP", {}],
    ["ZIP64", { isZip64: true }],
    ["a ZIP with a comment", { comment: "hi" }],
  ])("reads stored and deflated entries of %s", async (_, end) => {
    const parts = [
      { name: "a/b", data: HELLO },
      { name: "c", data: await deflated(ZEROS), method: 8, bytes: ZEROS.byteLength },
      { name: "empty", data: new Uint8Array() },
    ];
    expect(await contents(zipBytes(parts, end))).toEqual({ "a/b": HELLO, c: ZEROS, empty: new Uint8Array() });
  });

  test("inflates no more than the head that is asked for", async () => {
    const data = await deflated(ZEROS);
    const zip = await openZip(fromBytes(zipBytes([{ name: "c", data, method: 8, bytes: ZEROS.byteLength }])), "x.zip");
    expect(await zip.head(zip.entries.get("c")!, 10)).toEqual(new Uint8Array(10));
  });

  test("gives CRC-32 its check value", () => {
    // Of "123456789", as catalogues of CRCs list it.
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });
});

describe("an archive that lies is refused with what and where", () => {
  const file = (part: Partial<ZipPart> = {}, end: ZipEnd = {}) => zipBytes([{ name: "a", data: HELLO, ...part }], end);
  const deflate = async (bytes: number) => zipBytes([{ name: "a", data: await deflated(ZEROS), method: 8, bytes }]);

  test.each<[string, () => Uint8Array | Promise<Uint8Array>, RegExp]>([
    ["no end", () => HELLO, /end must hold its directory's place/],
    [
      "two entries of one name",
      () =>
        zipBytes([
          { name: "a", data: HELLO },
          { name: "a", data: HELLO },
        ]),
      /names must be unique, got "a"/,
    ],
    [
      "two entries at one place",
      () =>
        zipBytes([
          { name: "a", data: HELLO },
          { name: "b", data: HELLO, headerOffset: 0 },
        ]),
      /"a" must end before byte 0/,
    ],
    [
      "an entry that reaches into the next",
      () =>
        zipBytes([
          { name: "a", data: HELLO },
          { name: "b", data: HELLO, headerOffset: 20 },
        ]),
      /"a" must end before byte 20/,
    ],
    ["an entry past the end", () => file({ headerOffset: 1000 }), /"a" must end before byte 36/],
    ["another name at the entry's place", () => file({ localName: "b" }), /"a" must lie where.*under the same name/],
    [
      "stored bytes that aren't all there",
      () => file({ bytes: 2 ** 31 }),
      /"a" must take as many bytes as it stores, got 5 for 2147483648/,
    ],
    ["an encrypted entry", () => file({ flags: 1 }), /"a" must not be encrypted, got flags 0x1/],
    ["another compression", () => file({ method: 14 }), /"a" must be stored or deflated, got method 14/],
    ["more entries than there are", () => file({}, { count: 2 }), /directory must (have 2 entries|end at)/],
    ["fewer entries than there are", () => file({}, { count: 0 }), /its entries only/],
    ["a directory past the end", () => file({}, { offset: 2 ** 31 }), /directory must end at/],
    ["a ZIP64 directory of 2^52 entries", () => file({}, { isZip64: true, count: 2 ** 52 }), /directory must end at/],
    ["bytes behind the directory", () => file({}, { gap: HELLO }), /directory must end at/],
    ["a deflated entry that gives more", () => deflate(10), /"a" must inflate to 10 bytes, got more/],
    ["a deflated entry that gives less", () => deflate(100_001), /"a" must inflate to 100001 bytes, got 100000/],
    [
      "a deflated entry that can't give as much",
      () => deflate(2 ** 31),
      /"a" must inflate to what \d+ bytes can give, got 2147483648/,
    ],
    [
      "deflate data that is none",
      () => file({ method: 8, data: Uint8Array.of(255, 255, 255), bytes: 100 }),
      /"a" must be deflate data/,
    ],
  ])("%s", async (_, make, message) => {
    const error = await contents(await make()).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as Error).message).toMatch(message);
  });
});
