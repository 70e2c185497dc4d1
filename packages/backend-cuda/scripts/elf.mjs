/**
 * What an ELF file for Linux on x64 says of itself (System V ABI; LSB, "Symbol Versioning"): what a shared library asks of others, and
 * what the linker may merge of an object.
 */
import { readFileSync } from "node:fs";

/** Type of the section that lists, for each library that is needed, the versions of its symbols: SHT_GNU_verneed. */
const VERSION_NEEDS = 0x6ffffffe;
/** Of the one that lists the symbols of an object: SHT_SYMTAB. */
const SYMBOLS = 2;
/** STB_WEAK, and STB_GNU_UNIQUE, which static variables of templates are. */
const MERGEABLE = [2, 10];
/** Where fields are in the header of the file, in those of its sections, and in the records of the lists. */
const HEADER = { sectionsAt: 40, sectionBytes: 58, sections: 60 };
const SECTION = { type: 4, offset: 24, size: 32, strings: 40, records: 44 };
const LIBRARY = { count: 2, firstAt: 8, nextAt: 12 };
const VERSION = { name: 8, nextAt: 12 };
const SYMBOL = { name: 0, info: 4, section: 6, size: 16, bytes: 24 };

/** @returns every version of a symbol that the library at `path` needs: GLIBC_2.17, GCC_3.0, … */
export function neededVersions(path) {
  const { bytes, sections } = read(path);
  return sections
    .filter(({ type }) => type === VERSION_NEEDS)
    .flatMap((needs) => [...versionsIn(bytes, needs, sections[needs.strings].offset)]);
}

/** The newest C library that is needed: `[2, 17]`, or undefined where none is. */
export function neededGlibc(path) {
  const versions = neededVersions(path).flatMap((name) => {
    const [, major, minor] = name.match(/^GLIBC_(\d+)\.(\d+)/) ?? [];
    return major === undefined ? [] : [[Number(major), Number(minor)]];
  });
  return versions.sort(([a, b], [c, d]) => a - c || b - d).at(-1);
}

/** The symbols that the object at `path` defines and of which the linker takes any: of several objects that have one, the first's. */
export function mergeableSymbols(path) {
  const { bytes, sections } = read(path);
  return sections
    .filter(({ type }) => type === SYMBOLS)
    .flatMap((symbols) => [...symbolsIn(bytes, symbols, sections[symbols.strings].offset)])
    .filter(({ binding, section }) => MERGEABLE.includes(binding) && section !== 0);
}

function read(path) {
  const bytes = readFileSync(path);
  if (bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1)
    throw new Error(`${path} must be an ELF file of 64 bits, little-endian`);
  return { bytes, sections: sectionsOf(bytes) };
}

function sectionsOf(bytes) {
  const start = Number(bytes.readBigUInt64LE(HEADER.sectionsAt));
  const size = bytes.readUInt16LE(HEADER.sectionBytes);
  return Array.from({ length: bytes.readUInt16LE(HEADER.sections) }, (_, i) => {
    const at = start + i * size;
    return {
      type: bytes.readUInt32LE(at + SECTION.type),
      offset: Number(bytes.readBigUInt64LE(at + SECTION.offset)),
      size: Number(bytes.readBigUInt64LE(at + SECTION.size)),
      strings: bytes.readUInt32LE(at + SECTION.strings),
      records: bytes.readUInt32LE(at + SECTION.records),
    };
  });
}

function* versionsIn(bytes, { offset, records }, strings) {
  for (let library = 0, at = offset; library < records; library++, at += bytes.readUInt32LE(at + LIBRARY.nextAt)) {
    let version = at + bytes.readUInt32LE(at + LIBRARY.firstAt);
    for (let i = 0; i < bytes.readUInt16LE(at + LIBRARY.count); i++, version += bytes.readUInt32LE(version + VERSION.nextAt)) {
      yield stringAt(bytes, strings + bytes.readUInt32LE(version + VERSION.name));
    }
  }
}

function* symbolsIn(bytes, { offset, size }, strings) {
  for (let at = offset; at < offset + size; at += SYMBOL.bytes)
    yield {
      name: stringAt(bytes, strings + bytes.readUInt32LE(at + SYMBOL.name)),
      binding: bytes[at + SYMBOL.info] >> 4,
      section: bytes.readUInt16LE(at + SYMBOL.section),
      bytes: Number(bytes.readBigUInt64LE(at + SYMBOL.size)),
    };
}

const stringAt = (bytes, at) => bytes.toString("latin1", at, bytes.indexOf(0, at));
