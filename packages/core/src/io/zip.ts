import { FileFormatError } from "../errors";
import { shownName } from "./host-tensor";
import { inflate } from "./inflate";
import { fromBytes, type RandomAccess, readExactly, section } from "./random-access";
import { readZipDirectory, type ZipEntry } from "./zip-directory";

/** A ZIP archive whose directory was read and checked. */
export interface ZipArchive {
  /** By name, in the directory's order. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** The contents of an entry: a part of the file where it is stored, inflated to memory where it is deflated. */
  open(entry: ZipEntry): Promise<RandomAccess>;
  /** The first `length` bytes of an entry, or all of a shorter one; no more is inflated. */
  head(entry: ZipEntry, length: number): Promise<Uint8Array>;
}

/** Opens a ZIP archive of any size. @throws FileFormatError if its directory isn't as the format says. */
export async function openZip(source: RandomAccess, where: string): Promise<ZipArchive> {
  const entries = await readZipDirectory(source, where);
  const head = async (entry: ZipEntry, length: number): Promise<Uint8Array> => {
    const data = await locateData(source, entry, where);
    const wanted = Math.min(length, entry.bytes);
    if (!entry.isDeflated) return readExactly(data, 0, wanted, where);
    return inflate({ name: entry.name, source: data, bytes: entry.bytes }, wanted, where);
  };
  const open = async (entry: ZipEntry): Promise<RandomAccess> =>
    entry.isDeflated ? fromBytes(await head(entry, entry.bytes)) : locateData(source, entry, where);
  return { entries, open, head };
}

const LOCAL_BYTES = 30;
const LOCAL_SIGNATURE = 0x04034b50;

/** The entry's data, behind its local header, which must tell the same as the directory. */
async function locateData(source: RandomAccess, entry: ZipEntry, where: string): Promise<RandomAccess> {
  const { name, headerOffset, compressedBytes, limit } = entry;
  const fixed = await readExactly(source, headerOffset, LOCAL_BYTES, where);
  const view = new DataView(fixed.buffer, fixed.byteOffset, fixed.byteLength);
  const nameBytes = view.getUint16(26, true);
  const start = headerOffset + LOCAL_BYTES + nameBytes + view.getUint16(28, true);
  const isWhole = view.getUint32(0, true) === LOCAL_SIGNATURE && start + compressedBytes <= limit;
  const ownName = isWhole ? await readExactly(source, headerOffset + LOCAL_BYTES, nameBytes, where) : undefined;
  const isSame = view.getUint16(8, true) === (entry.isDeflated ? 8 : 0) && new TextDecoder().decode(ownName) === name;
  if (isSame && isWhole) return section(source, start, compressedBytes);
  const rule = `${shownName(name)} must lie where the ZIP archive's directory says, under the same name`;
  throw new FileFormatError(where, { rule, got: `another entry at byte ${headerOffset}`, fix: "Is the file whole?" });
}
