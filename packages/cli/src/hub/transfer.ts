import { setTimeout as wait } from "node:timers/promises";
import { FileFormatError } from "@vertebra/core";
import { writeError } from "../write-atomically";
import { formatAddress } from "./address";
import { type CacheRecord, filePath } from "./cache";
import { digestOf } from "./checksum";
import { DownloadError } from "./download-error";
import { PartialFile } from "./partial-file";
import type { Remote } from "./remote";
import type { DownloadOptions } from "./settings";

/** Tries in a row that bring no byte further than before. */
const MAX_FUTILE_TRIES = 3;
/** Before the second try; twice as long before each one after it. */
const FIRST_WAIT_MS = 250;

type TransferOptions = Pick<DownloadOptions, "onProgress" | "signal">;

/**
 * Downloads a file to its place in the cache, going on where an earlier download broke off. It gets its name when size and
 * checksum are right.
 * @throws DownloadError if the connection breaks for good; what has arrived is kept. @throws FileFormatError for wrong bytes,
 * ArgumentError if they can't be written; nothing is kept.
 */
export async function transfer(remote: Remote, record: CacheRecord, cacheDir: string, options: TransferOptions): Promise<string> {
  const target = filePath(cacheDir, record.repo, record.commit, record.file);
  const onDisk = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw writeError(target, record.checksum.bytes, error as NodeJS.ErrnoException);
    });
  const partial = await onDisk(PartialFile.open(target));
  try {
    const { algorithm, digest } = record.checksum;
    // A power cut can leave holes in what an earlier download wrote: that one gets a second chance, from the start.
    for (let isLastChance = partial.bytes === 0; ; isLastChance = true) {
      await fill(remote, record, partial, { ...options, onDisk });
      const found = await digestOf(await onDisk(partial.sync()), algorithm);
      if (found === digest) break;
      if (isLastChance) throw mismatch(record, found);
      await partial.truncate(0);
    }
    await onDisk(partial.publish());
    return target;
  } catch (error) {
    await (error instanceof DownloadError || options.signal?.aborted ? partial.keep() : partial.discard());
    throw error;
  }
}

interface FillOptions extends TransferOptions {
  /** Gives errors of the file system their words. */
  readonly onDisk: <T>(work: Promise<T>) => Promise<T>;
}

/** Reads until all bytes are there, again and again while that brings more of them. */
async function fill(remote: Remote, record: CacheRecord, partial: PartialFile, options: FillOptions): Promise<void> {
  const total = record.checksum.bytes;
  // Of a file that is now smaller, or of a damaged disk.
  if (partial.bytes > total) await partial.truncate(0);
  let most = partial.bytes;
  for (let futile = 0; partial.bytes < total; ) {
    try {
      await readOn(remote, record, partial, options);
    } catch (error) {
      futile = partial.bytes > most ? 1 : futile + 1;
      most = Math.max(most, partial.bytes);
      if (futile >= MAX_FUTILE_TRIES || !isWorthAnotherTry(error)) throw error;
      // The server has fewer bytes than there are here: these can't be its own.
      if (error.status === 416) await partial.truncate(0);
      await wait(FIRST_WAIT_MS * 2 ** (futile - 1), undefined, options.signal ? { signal: options.signal } : {});
    }
  }
}

/** One request, from where the partial file ends. */
async function readOn(remote: Remote, record: CacheRecord, partial: PartialFile, options: FillOptions): Promise<void> {
  const total = record.checksum.bytes;
  for await (const { offset, bytes } of remote.read(record, partial.bytes)) {
    if (offset + bytes.byteLength > total) {
      const rule = `the download must end after ${total} bytes`;
      throw new FileFormatError(formatAddress(record), { rule, got: "more", fix: MISMATCH_FIX });
    }
    await options.onDisk(partial.write(offset, bytes));
    options.onProgress?.(partial.bytes, total);
  }
  if (partial.bytes < total) {
    const got = `${partial.bytes} before the connection ended`;
    throw new DownloadError(formatAddress(record), { rule: `${total} bytes must arrive`, got, fix: "Try again" });
  }
}

/** A broken connection, or a server that is busy or broken for the moment. */
const isWorthAnotherTry = (error: unknown): error is DownloadError =>
  error instanceof DownloadError && (error.status === undefined || error.status >= 500 || [408, 416, 429].includes(error.status));

const MISMATCH_FIX = "Nothing was kept: try again, or another server (HF_ENDPOINT)";

function mismatch(record: CacheRecord, got: string): FileFormatError {
  const { algorithm, digest } = record.checksum;
  const name = algorithm === "sha256" ? "SHA-256" : "git blob SHA-1";
  return new FileFormatError(formatAddress(record), { rule: `the download must have ${name} ${digest}`, got, fix: MISMATCH_FIX });
}
