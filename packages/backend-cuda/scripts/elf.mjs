/** What a shared library for Linux on x64 asks of others: the version needs of an ELF file (System V ABI; LSB, "Symbol Versioning"). */
import { readFileSync } from "node:fs";

/** Type of the section that lists, for each library that is needed, the versions of its symbols: SHT_GNU_verneed. */
const VERSION_NEEDS = 0x6ffffffe;
/** Where fields are in the header of the file, in those of its sections, and in the two records of the list. */
const HEADER = { sectionsAt: 40, sectionBytes: 58, sections: 60 };
const SECTION = { type: 4, offset: 24, strings: 40, records: 44 };
const LIBRARY = { count: 2, firstAt: 8, nextAt: 12 };
const VERSION = { name: 8, nextAt: 12 };

/** @returns every version of a symbol that the library at `path` needs: GLIBC_2.17, GCC_3.0, … */
export function neededVersions(path) {
  const bytes = readFileSync(path);
  if (bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1)
    throw new Error(`${path} must be a library of 64 bits, little-endian`);
  const sections = sectionsOf(bytes);
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

function sectionsOf(bytes) {
  const start = Number(bytes.readBigUInt64LE(HEADER.sectionsAt));
  const size = bytes.readUInt16LE(HEADER.sectionBytes);
  return Array.from({ length: bytes.readUInt16LE(HEADER.sections) }, (_, i) => {
    const at = start + i * size;
    return {
      type: bytes.readUInt32LE(at + SECTION.type),
      offset: Number(bytes.readBigUInt64LE(at + SECTION.offset)),
      strings: bytes.readUInt32LE(at + SECTION.strings),
      records: bytes.readUInt32LE(at + SECTION.records),
    };
  });
}

function* versionsIn(bytes, { offset, records }, strings) {
  for (let library = 0, at = offset; library < records; library++, at += bytes.readUInt32LE(at + LIBRARY.nextAt)) {
    let version = at + bytes.readUInt32LE(at + LIBRARY.firstAt);
    for (let i = 0; i < bytes.readUInt16LE(at + LIBRARY.count); i++, version += bytes.readUInt32LE(version + VERSION.nextAt)) {
      const name = strings + bytes.readUInt32LE(version + VERSION.name);
      yield bytes.toString("latin1", name, bytes.indexOf(0, name));
    }
  }
}
