import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ArgumentError, VertebraError } from "@vertebra/core";

/** A file's bytes in pieces, all there or made one after the other. */
export type Chunks = readonly Uint8Array[] | AsyncIterable<Uint8Array>;

/**
 * Writes a file so that at any moment, through kills and power cuts too, `path` holds either all of the old bytes or all of
 * the new: beside it, fsync, rename, fsync of the folder. Folders on the way are made.
 * @throws ArgumentError if it can't be written whole; the old file stays and what was begun is removed.
 */
export async function writeAtomically(path: string, chunks: Chunks): Promise<void> {
  const folder = dirname(path);
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    await removeLeftovers(folder, basename(path));
    await writeWhole(beside, chunks);
    await rename(beside, path);
    await syncFolder(folder);
  } catch (error) {
    await unlink(beside).catch(() => {});
    // What making the chunks threw is an error of its own.
    if (error instanceof VertebraError) throw error;
    const bytes = Array.isArray(chunks) ? chunks.reduce((total, chunk) => total + chunk.byteLength, 0) : "all";
    throw writeError(path, bytes, error as NodeJS.ErrnoException);
  }
}

async function writeWhole(path: string, chunks: Chunks): Promise<void> {
  // Not followed through a link that someone else left under this name.
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666);
  try {
    for await (const chunk of chunks) await writeAll(file, chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A single write may take less than it was given, just before the disk is full. */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, done);
    done += bytesWritten;
  }
}

/** The new name lasts only once the folder is on the disk. Windows can't open folders, and needs no such step. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What processes killed while writing the same file left beside it. */
async function removeLeftovers(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const pid = entry.startsWith(`${name}.`) ? /^(\d+)\.tmp$/.exec(entry.slice(name.length + 1))?.[1] : undefined;
    if (pid !== undefined && (Number(pid) === process.pid || !isRunning(Number(pid)))) await unlink(join(folder, entry));
  }
}

/** Whether this machine has a process of that number. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, but isn't ours.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const FIXES: Readonly<Record<string, string>> = {
  ENOSPC: "The disk is full: free some space, or choose another place",
  EDQUOT: "The disk quota is used up: free some space, or choose another place",
  EFBIG: "The limit on file sizes (ulimit -f) is below that: raise it, or choose another place",
  EACCES: "Choose a place that you may write to",
  EPERM: "Choose a place that you may write to",
  EROFS: "The file system is read-only: choose another place",
  EISDIR: "That is a folder: give a file name",
};

/** What the system said about a file of `bytes` that can't be written whole, and what to do about it. */
export function writeError(path: string, bytes: number | string, error: NodeJS.ErrnoException): ArgumentError {
  const fix = `${FIXES[error.code ?? ""] ?? "Choose another place"}. A file that was there before is unchanged`;
  return new ArgumentError(path, { rule: `${bytes} bytes must be writable there`, got: error.message, fix });
}
