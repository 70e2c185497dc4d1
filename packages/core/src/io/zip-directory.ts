import { FileFormatError } from "../errors";
import { shownName } from "./host-tensor";
import { type RandomAccess, readExactly } from "./random-access";

/** One file of a ZIP archive, as the central directory has it. */
export interface ZipEntry {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly crc32: number;
  readonly compressedBytes: number;
  /** Once inflated. */
  readonly bytes: number;
  /** Where its local header starts. */
  readonly headerOffset: number;
  /** Where the next header starts: its data must end before that. */
  readonly limit: number;
}

const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const MAX_COMMENT_BYTES = 65_535;
const MAX_DIRECTORY_BYTES = 2 ** 26;
const SIGNATURES = { entry: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 };

/**
 * The entries of a ZIP or ZIP64 archive, in the directory's order; nothing of their contents is read.
 * @throws FileFormatError if the directory isn't as the format says, if two entries have one name or overlap, or if one is
 * encrypted or compressed other than by deflate.
 * Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5.
 */
export async function readZipDirectory(source: RandomAccess, where: string): Promise<ReadonlyMap<string, ZipEntry>> {
  const directory = await locateDirectory(source, where);
  const bytes = await readExactly(source, directory.offset, directory.bytes, where);
  const rows = parseRows(bytes, directory.count, where);
  const sorted = rows.toSorted((a, b) => a.headerOffset - b.headerOffset);
  const limits = new Map(sorted.map((row, i) => [row, sorted[i + 1]?.headerOffset ?? directory.offset]));
  const entries = new Map<string, ZipEntry>();
  for (const row of rows) {
    const limit = limits.get(row) as number;
    if (entries.has(row.name)) throw invalid(where, "names must be unique", shownName(row.name));
    if (row.headerOffset + 30 + row.compressedBytes > limit) {
      throw invalid(
        where,
        `${shownName(row.name)} must end before byte ${limit}`,
        `${row.compressedBytes} bytes from ${row.headerOffset} on`,
      );
    }
    entries.set(row.name, { ...row, limit });
  }
  return entries;
}

interface Directory {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
}

type Row = Omit<ZipEntry, "limit">;

/** A u64 as a number; beyond 2⁵³ it loses digits, and lies outside any file anyway. */
const u64 = (view: DataView, at: number): number => view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const invalid = (where: string, rule: string, got: string): FileFormatError =>
  new FileFormatError(where, { rule: `the ZIP archive's ${rule}`, got, fix: "Is the file whole?" });

async function locateDirectory(source: RandomAccess, where: string): Promise<Directory> {
  const tailStart = Math.max(0, source.size - END_BYTES - MAX_COMMENT_BYTES - LOCATOR_BYTES);
  const tail = viewOf(await readExactly(source, tailStart, source.size - tailStart, where));
  const at = findEnd(tail);
  if (at === undefined) throw invalid(where, "end must hold its directory's place", "none");
  const end: Directory = {
    count: tail.getUint16(at + 10, true),
    bytes: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  const locatorAt = at - LOCATOR_BYTES;
  const isZip64 = locatorAt >= 0 && tail.getUint32(locatorAt, true) === SIGNATURES.locator;
  const end64At = isZip64 ? u64(tail, locatorAt + 8) : tailStart + at;
  const directory = isZip64 ? await readEnd64(source, end64At, end, where) : end;
  // What lies between directory and end would be seen by one reader and not by another.
  const isAdjacent = directory.offset + directory.bytes === end64At;
  if (!isAdjacent || directory.bytes > MAX_DIRECTORY_BYTES || directory.count * 46 > directory.bytes) {
    throw invalid(
      where,
      `directory must end at ${end64At}`,
      `${directory.count} entries in ${directory.bytes} bytes from ${directory.offset}`,
    );
  }
  return directory;
}

/** Offset of the end record, whose comment must reach to the end of the file. */
function findEnd(tail: DataView): number | undefined {
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    const isEnd = tail.getUint32(at, true) === SIGNATURES.end;
    if (isEnd && tail.getUint16(at + 20, true) === tail.byteLength - at - END_BYTES) return at;
  }
  return undefined;
}

async function readEnd64(source: RandomAccess, at: number, end: Directory, where: string): Promise<Directory> {
  if (at + END64_BYTES > source.size) throw invalid(where, "ZIP64 end must lie in the file", `byte ${at}`);
  const view = viewOf(await readExactly(source, at, END64_BYTES, where));
  if (view.getUint32(0, true) !== SIGNATURES.end64) throw invalid(where, "ZIP64 end must have its signature", "another");
  const found: Directory = { count: u64(view, 32), bytes: u64(view, 40), offset: u64(view, 48) };
  const isSame =
    (end.count === 0xffff || end.count === found.count) &&
    (end.bytes === 0xffffffff || end.bytes === found.bytes) &&
    (end.offset === 0xffffffff || end.offset === found.offset);
  if (!isSame) throw invalid(where, "two ends must agree", `directories at ${end.offset} and ${found.offset}`);
  return found;
}

function parseRows(bytes: Uint8Array, count: number, where: string): readonly Row[] {
  const view = viewOf(bytes);
  const rows: Row[] = [];
  let at = 0;
  while (rows.length < count) {
    if (at + 46 > bytes.byteLength || view.getUint32(at, true) !== SIGNATURES.entry) {
      throw invalid(where, `directory must have ${count} entries`, `${rows.length}`);
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
    const end = at + 46 + nameBytes + extraBytes + commentBytes;
    if (end > bytes.byteLength) throw invalid(where, "directory must hold its entries", `${end} of ${bytes.byteLength} bytes`);
    const name = decodeName(bytes.subarray(at + 46, at + 46 + nameBytes), where);
    const extra = new DataView(bytes.buffer, bytes.byteOffset + at + 46 + nameBytes, extraBytes);
    rows.push(parseRow(new DataView(bytes.buffer, bytes.byteOffset + at, 46), extra, name, where));
    at = end;
  }
  if (at !== bytes.byteLength)
    throw invalid(where, "directory must hold its entries only", `${bytes.byteLength - at} bytes more`);
  return rows;
}

function parseRow(row: DataView, extra: DataView, name: string, where: string): Row {
  const [flags, method] = [row.getUint16(8, true), row.getUint16(10, true)];
  // Bits 0, 6 and 13: encrypted contents or directory. Bit 5: patches.
  if ((flags & 0x2061) !== 0) throw invalid(where, `${shownName(name)} must not be encrypted`, `flags 0x${flags.toString(16)}`);
  if (method !== 0 && method !== 8) throw invalid(where, `${shownName(name)} must be stored or deflated`, `method ${method}`);
  const wide = wideFields(extra);
  const field = (at: number): number => {
    const value = row.getUint32(at, true);
    return value === 0xffffffff ? (wide.shift() ?? value) : value;
  };
  // The order in which the ZIP64 extra field has them, each only where the short field is saturated.
  const [bytes, compressedBytes, headerOffset] = [field(24), field(20), field(42)];
  if (method === 0 && bytes !== compressedBytes) {
    throw invalid(where, `${shownName(name)} must take as many bytes as it stores`, `${compressedBytes} for ${bytes}`);
  }
  return { name, isDeflated: method === 8, crc32: row.getUint32(16, true), compressedBytes, bytes, headerOffset };
}

/** The u64 fields of the ZIP64 extra field (id 1). */
function wideFields(extra: DataView): number[] {
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    const bytes = Math.min(extra.getUint16(at + 2, true), extra.byteLength - at - 4);
    return Array.from({ length: Math.min(3, Math.floor(bytes / 8)) }, (_, i) => u64(extra, at + 4 + 8 * i));
  }
  return [];
}

function decodeName(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid(where, "names must be UTF-8", "invalid bytes");
  }
}
