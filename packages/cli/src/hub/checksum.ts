import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** What a file's bytes must give. */
export interface Checksum {
  /** `sha256` of the bytes, as Git LFS has it; `git-sha1` of the bytes as a git blob, for files in git itself. */
  readonly algorithm: "sha256" | "git-sha1";
  /** Lower-case hexadecimal. */
  readonly digest: string;
  readonly bytes: number;
}

const DIGEST = { sha256: /^[0-9a-f]{64}$/, "git-sha1": /^[0-9a-f]{40}$/ } as const;

/** Whether these are fields of a checksum; for what comes from outside. */
export const isChecksum = ({ algorithm, digest, bytes }: Partial<Checksum>): boolean =>
  algorithm !== undefined && DIGEST[algorithm]?.test(digest ?? "") && Number.isSafeInteger(bytes) && (bytes ?? -1) >= 0;

/** The digest of a file on disk. The whole of it is read. */
export async function digestOf(path: string, algorithm: Checksum["algorithm"]): Promise<string> {
  const hash = createHash(algorithm === "sha256" ? "sha256" : "sha1");
  // A git blob's name is that of its bytes behind this header (git's documentation, "Git Objects").
  if (algorithm === "git-sha1") hash.update(`blob ${(await stat(path)).size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** Whether a file is there with this size and these bytes. */
export async function isIntact(path: string, { algorithm, digest, bytes }: Checksum): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === bytes && (await digestOf(path, algorithm)) === digest;
}
