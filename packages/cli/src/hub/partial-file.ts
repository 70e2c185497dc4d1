import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { isRunning, syncFolder } from "../write-atomically";

/** Other machines' processes can't be asked; a connection is given up after 5 minutes of silence, so this long means gone. */
const SILENCE_MS = 10 * 60_000;
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
/** `.HOST-PID-RANDOM.incomplete`: who writes it. `.incomplete`: nobody. */
const SUFFIX = /^(?:\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8})?\.incomplete$/;

/**
 * A download under way, beside its target. Each writer has a name of its own, so that processes that want the same file
 * don't meet; what an earlier one left is taken over by renaming, which only one can do.
 */
export class PartialFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #bytes: number;

  private constructor(
    readonly target: string,
    path: string,
    handle: FileHandle,
    bytes: number,
  ) {
    this.#path = path;
    this.#handle = handle;
    this.#bytes = bytes;
  }

  /** Opens the partial file with the most bytes that nobody writes to, or an empty one; removes the other forsaken ones. */
  static async open(target: string): Promise<PartialFile> {
    await mkdir(dirname(target), { recursive: true });
    const path = `${target}.${HOST}-${process.pid}-${randomBytes(4).toString("hex")}.incomplete`;
    let isTaken = false;
    for (const left of await forsakenFiles(target)) {
      // Not there any more: another process was faster.
      if (isTaken) await unlink(left).catch(() => {});
      else
        isTaken = await rename(left, path).then(
          () => true,
          () => false,
        );
    }
    const handle = await open(path, isTaken ? "r+" : "wx+");
    return new PartialFile(target, path, handle, (await handle.stat()).size);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Writes `chunk` at `offset` and forgets what was behind it. */
  async write(offset: number, chunk: Uint8Array): Promise<void> {
    if (offset < this.#bytes) await this.truncate(offset);
    // A single write may take less than it was given, just before the disk is full.
    for (let done = 0; done < chunk.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(chunk, done, chunk.byteLength - done, this.#bytes);
      done += bytesWritten;
      this.#bytes += bytesWritten;
    }
  }

  async truncate(bytes: number): Promise<void> {
    await this.#handle.truncate(bytes);
    this.#bytes = bytes;
  }

  /** Puts the bytes on the disk, so that the check that follows is of what stays. @returns where they are. */
  async sync(): Promise<string> {
    await this.#handle.sync();
    return this.#path;
  }

  /** Gives the file its real name, in one step. */
  async publish(): Promise<void> {
    await this.#handle.close();
    await rename(this.#path, this.target);
    await syncFolder(dirname(this.target));
  }

  /** Leaves what there is for the next download of this file. */
  async keep(): Promise<void> {
    await this.#handle.close();
    if (this.#bytes === 0) await unlink(this.#path).catch(() => {});
    else await rename(this.#path, `${this.target}.incomplete`);
  }

  async discard(): Promise<void> {
    await this.#handle.close();
    await unlink(this.#path).catch(() => {});
  }
}

/** Partial files of `target` that nobody writes to, the longest first. */
async function forsakenFiles(target: string): Promise<string[]> {
  const found: { path: string; size: number }[] = [];
  for (const entry of await readdir(dirname(target))) {
    if (!entry.startsWith(basename(target))) continue;
    const writer = SUFFIX.exec(entry.slice(basename(target).length));
    const path = join(dirname(target), entry);
    const facts = writer ? await stat(path).catch(() => undefined) : undefined;
    if (!facts?.isFile()) continue;
    const [, host, pid] = writer ?? [];
    const isForsaken = host === undefined || (host === HOST ? !isRunning(Number(pid)) : Date.now() - facts.mtimeMs > SILENCE_MS);
    if (isForsaken) found.push({ path, size: facts.size });
  }
  return found.sort((a, b) => b.size - a.size).map(({ path }) => path);
}
