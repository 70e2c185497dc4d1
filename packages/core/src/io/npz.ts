import { FileFormatError, formatShape } from "../errors";
import { crc32 } from "./crc32";
import { fileTensorBytes, shownName } from "./host-tensor";
import { parseDescr, readNpy } from "./npy";
import { parseNpyHeader } from "./npy-header";
import { type RandomAccess, readExactly } from "./random-access";
import { entryOf, type TensorEntry, type TensorFile } from "./tensor-file";
import { openZip, type ZipArchive } from "./zip";
import type { ZipEntry } from "./zip-directory";

/** The longest .npy header that is read, with what stands in front of it. */
const HEAD_BYTES = 12 + 16_384;
const EXTENSION = ".npy";

/**
 * Opens NumPy's .npz: a ZIP archive of .npy files, stored (`savez`) or deflated (`savez_compressed`). Reads the headers only.
 * @param where stands in front of error messages; give the file's path.
 * @throws FileFormatError if archive or headers aren't as their formats say, or an array has a dtype that isn't read.
 */
export async function openNpz(source: RandomAccess, where = "openNpz"): Promise<TensorFile> {
  return openZippedNpz(await openZip(source, where), where);
}

/** `openNpz` of an archive whose directory was read. */
export async function openZippedNpz(zip: ZipArchive, where: string): Promise<TensorFile> {
  const entries = new Map<string, TensorEntry & { readonly zipped: ZipEntry }>();
  for (const [file, zipped] of zip.entries) {
    if (!file.endsWith(EXTENSION)) {
      throw new FileFormatError(where, { rule: `the archive must hold ${EXTENSION} files only`, got: shownName(file) });
    }
    const name = file.slice(0, -EXTENSION.length);
    entries.set(name, { ...(await readEntry(zip, zipped, place(where, name))), zipped });
  }
  const read: TensorFile["read"] = async (name) => {
    const { zipped } = entryOf(entries, name, where);
    const bytes = await readExactly(await zip.open(zipped), 0, zipped.bytes, where);
    const sum = crc32(bytes);
    if (sum === zipped.crc32) return readNpy(bytes, place(where, name));
    const got = `${sum.toString(16)} for ${zipped.crc32.toString(16)}`;
    throw new FileFormatError(where, { rule: `${shownName(name)} must have its checksum`, got, fix: "Is the file damaged?" });
  };
  return { entries, metadata: new Map(), read };
}

/** Whether an archive could be an .npz. */
export const isZippedNpz = (zip: ZipArchive): boolean => [...zip.entries.keys()].some((name) => name.endsWith(EXTENSION));

const place = (where: string, name: string): string => `${where}, array ${shownName(name)}`;

/** dtype and shape, whose size must be the entry's: so nothing larger than the header says is ever inflated. */
async function readEntry(zip: ZipArchive, zipped: ZipEntry, where: string): Promise<TensorEntry> {
  const { descr, shape, dataOffset } = parseNpyHeader(await zip.head(zipped, HEAD_BYTES), where);
  const { dtype } = parseDescr(descr, where);
  const bytes = fileTensorBytes(dtype, shape);
  if (bytes !== undefined && dataOffset + bytes === zipped.bytes) return { dtype, shape };
  const rule = `the entry must have the size of ${dtype} ${formatShape(shape.slice(0, 16))}`;
  throw new FileFormatError(where, { rule, got: `${zipped.bytes} bytes with a header of ${dataOffset}` });
}
