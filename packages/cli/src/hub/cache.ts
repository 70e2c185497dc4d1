import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeError } from "../write-atomically";
import type { FileAddress } from "./address";
import { type Checksum, isChecksum, isIntact } from "./checksum";

/** What a revision's file was found to be. Kept as JSON, so that the next use needs no network. */
export interface CacheRecord {
  readonly repo: string;
  readonly revision: string;
  readonly file: string;
  /** The commit that the revision meant. */
  readonly commit: string;
  readonly checksum: Checksum;
}

export type NamedFile = FileAddress & { readonly file: string };

/** Where a file of a commit lies: `CACHE/owner/name/files/COMMIT/path`. A commit never changes, so neither does the file. */
export const filePath = (cacheDir: string, repo: string, commit: string, file: string): string =>
  join(cacheDir, repo, "files", commit, file);

/** `CACHE/owner/name/revisions/REVISION/path.json`; a slash in a revision makes no folder. */
const recordPath = (cacheDir: string, { repo, revision, file }: NamedFile): string =>
  join(cacheDir, repo, "revisions", revision.replaceAll("/", "%2F"), `${file}.json`);

/** What is known of a file from before; undefined without a record, or with one that isn't whole. */
export async function recall(cacheDir: string, address: NamedFile): Promise<CacheRecord | undefined> {
  const json = await readFile(recordPath(cacheDir, address), "utf8").catch(() => "null");
  const record = parseRecord(json);
  // File systems that ignore case give the record of another name.
  const isSame = record?.repo === address.repo && record.revision === address.revision && record.file === address.file;
  return isSame ? record : undefined;
}

function parseRecord(json: string): CacheRecord | undefined {
  try {
    const record = JSON.parse(json) as Partial<CacheRecord> | null;
    const isWhole = /^[0-9a-f]{40}$/.test(record?.commit ?? "") && isChecksum(record?.checksum ?? {});
    return isWhole ? (record as CacheRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** The path of a file that is in the cache with the bytes it was downloaded with. All of it is read to see that. */
export async function findIntact(cacheDir: string, record: CacheRecord): Promise<string | undefined> {
  const path = filePath(cacheDir, record.repo, record.commit, record.file);
  return (await isIntact(path, record.checksum)) ? path : undefined;
}

/** Records a file under the revision asked for and under its commit. */
export async function remember(cacheDir: string, record: CacheRecord): Promise<void> {
  for (const revision of new Set([record.revision, record.commit])) {
    const bytes = Buffer.from(`${JSON.stringify({ ...record, revision }, undefined, 2)}\n`);
    await replaceFile(recordPath(cacheDir, { ...record, revision }), bytes);
  }
}

/** Unlike `writeAtomically`, also by several calls of one process at a time. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.${randomUUID()}.incomplete`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(beside, "wx");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, path);
  } catch (error) {
    await unlink(beside).catch(() => {});
    throw writeError(path, bytes.length, error as NodeJS.ErrnoException);
  }
}
