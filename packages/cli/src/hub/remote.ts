import { downloadFile, HubApiError, listFiles, modelInfo, type PathInfo, pathsInfo } from "@huggingface/hub";
import { FileFormatError, nearestName } from "@vertebra/core";
import { type FileAddress, formatAddress } from "./address";
import type { CacheRecord } from "./cache";
import { type Checksum, isChecksum } from "./checksum";
import { DownloadError } from "./download-error";
import type { HubSettings } from "./settings";

/** Bytes of a file and where they belong: an answer may begin before what was asked for. */
export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The server's side: what a file is, and its bytes. */
export class Remote {
  readonly #params: { hubUrl: string; accessToken?: string };

  constructor(
    readonly settings: HubSettings,
    readonly signal: AbortSignal | undefined,
  ) {
    const { endpoint, token } = settings;
    this.#params = { hubUrl: endpoint, ...(token !== undefined && { accessToken: token }) };
  }

  /**
   * The commit that a revision means, and the first of `files` that it has.
   * @throws DownloadError if there is none. @throws FileFormatError if the answer has no checksum to trust.
   */
  async lookUp(address: FileAddress, files: readonly string[]): Promise<CacheRecord> {
    const { repo, revision } = address;
    const where = formatAddress(address);
    const commit = /^[0-9a-f]{40}$/.test(revision) ? revision : await this.#commitOf(where, repo, revision);
    const params = { ...this.#params, repo, revision: commit, paths: [...files], fetch: this.#fetch };
    const infos = await this.#ask(where, () => pathsInfo(params));
    const byPath = new Map(infos.filter(({ type }) => type === "file").map((info) => [info.path, info]));
    const file = files.find((name) => byPath.has(name));
    if (file === undefined) throw await this.#missing(address, commit, files);
    return { repo, revision, file, commit, checksum: checksumOf(where, byPath.get(file) as PathInfo) };
  }

  /**
   * The bytes of a file from `from` on, or all of them where the server doesn't give parts.
   * @throws DownloadError, with the status of the answer if there was one.
   */
  async *read(record: CacheRecord, from: number): AsyncGenerator<Piece> {
    const { repo, commit, file, checksum } = record;
    const url = `${this.settings.endpoint}/${repo}/resolve/${commit}/${file.split("/").map(encodeURIComponent).join("/")}`;
    let response: Response | undefined;
    // The client's stream passes on the text of a failure only, and bytes without their place.
    let failure: unknown;
    const observe: typeof fetch = async (input, init) => {
      try {
        // Ranges count bytes of the file, so they mustn't be compressed on the way.
        const headers = { ...(init?.headers as Record<string, string>), "Accept-Encoding": "identity" };
        response = await this.#fetch(input, { ...init, headers });
        // Others that count as success have no body, for which the client would wait for ever.
        if (response.ok && response.status !== 200 && response.status !== 206) throw new Error(`status ${response.status}`);
        return response;
      } catch (error) {
        failure = error;
        throw error;
      }
    };
    const downloadInfo = { url, size: checksum.bytes, etag: checksum.digest };
    // Its own storage protocol, xet, has no places to resume from.
    const params = { ...this.#params, repo, path: file, xet: false, downloadInfo, fetch: observe };
    try {
      const blob = await downloadFile(params);
      let offset = from;
      let isFirst = true;
      for await (const bytes of blob?.slice(from).stream() ?? []) {
        if (isFirst) offset = startOf(response, from);
        isFirst = false;
        yield { offset, bytes };
        offset += bytes.byteLength;
      }
    } catch (error) {
      throw this.#explain(formatAddress(record), failure ?? error, response?.ok === false ? response.status : undefined);
    }
  }

  async #commitOf(where: string, name: string, revision: string): Promise<string> {
    const params = { ...this.#params, name, revision, additionalFields: ["sha" as const], fetch: this.#fetch };
    const { sha } = await this.#ask(where, () => modelInfo(params));
    // It becomes the name of a folder.
    if (typeof sha === "string" && /^[0-9a-f]{40}$/.test(sha)) return sha;
    throw new FileFormatError(where, { rule: "the hub must name the revision's commit, 40 digits", got: JSON.stringify(sha) });
  }

  async #missing(address: FileAddress, commit: string, files: readonly string[]): Promise<DownloadError> {
    const where = formatAddress(address);
    const params = { ...this.#params, repo: address.repo, revision: commit, recursive: true, fetch: this.#fetch };
    const names = await this.#ask(where, async () => {
      const found: string[] = [];
      for await (const { path, type } of listFiles(params)) if (type === "file") found.push(path);
      return found;
    });
    const weights = names.filter((name) => /\.(safetensors|bin|pth|pt|npz)$/.test(name));
    const nearest = nearestName(files[0] ?? "", names);
    const listed = `${weights.slice(0, 8).join(", ")}${weights.length > 8 ? ", …" : ""}`;
    const fix = nearest ? `Did you mean ${nearest}?` : `Weights in the repository: ${listed || "none"}`;
    return new DownloadError(where, { rule: `the repository must have ${files.join(" or ")}`, got: "no such file", fix });
  }

  readonly #fetch: typeof fetch = (input, init) => fetch(input, { ...init, ...(this.signal && { signal: this.signal }) });

  async #ask<T>(where: string, fn: () => Promise<T>): Promise<T> {
    try {
      return await fn();
    } catch (error) {
      throw this.#explain(where, error, error instanceof HubApiError ? error.statusCode : undefined);
    }
  }

  /** A failure in words that help; a wish to stop stays what it is. */
  #explain(where: string, error: unknown, status: number | undefined): unknown {
    if (this.signal?.aborted) return this.signal.reason;
    const { endpoint } = this.settings;
    const got = status === undefined ? reasonOf(error) : `status ${status}`;
    return new DownloadError(where, { rule: `${endpoint} must answer`, got, fix: FIXES[status ?? 0] ?? OTHER_FIX }, status);
  }
}

const OTHER_FIX = "Try again; what has arrived is kept. HF_ENDPOINT chooses another server";
const ACCESS = "Check the name; for a private or gated repository set HF_TOKEN, and accept its terms on its page";
const FIXES: Readonly<Record<number, string>> = {
  401: ACCESS,
  403: ACCESS,
  404: "Check the repository's name, the revision and the file",
};

/** Where the first byte of an answer belongs: status 200 is the whole file, whatever was asked. */
function startOf(response: Response | undefined, from: number): number {
  if (response?.status !== 206) return 0;
  const range = response.headers.get("Content-Range");
  const start = Number(/^bytes (\d+)-/.exec(range ?? "")?.[1] ?? Number.NaN);
  if (start <= from) return start;
  throw new Error(`Content-Range ${range} where bytes from ${from} on were asked for`);
}

/** Git LFS names big files by SHA-256; files in git itself have the name of their blob. */
function checksumOf(where: string, { size, oid, lfs }: PathInfo): Checksum {
  const checksum: Partial<Checksum> = lfs
    ? { algorithm: "sha256", digest: lfs.oid.replace(/^sha256:/, ""), bytes: lfs.size }
    : { algorithm: "git-sha1", ...(oid !== undefined && { digest: oid }), bytes: size };
  if (isChecksum(checksum)) return checksum as Checksum;
  throw new FileFormatError(where, { rule: "the hub must give size and checksum of a file", got: JSON.stringify(checksum) });
}

/** `fetch failed` says nothing; what stands behind it does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join("; ");
  return cause instanceof Error ? cause.message || cause.name : error.message;
}
