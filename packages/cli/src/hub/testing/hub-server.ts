import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came, and what was sent for it. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  readonly encoding: string | undefined;
  bodyBytes: number;
}

export interface ServedFile {
  readonly bytes: Buffer;
  /** Given where it isn't computed: the blob's name in git, for a file that is in git itself. */
  readonly gitSha1?: string;
}

type Files = Readonly<Record<string, ServedFile>>;

/** How the bodies of files are sent; all as they should be, unless a test says so. */
export interface Behaviour {
  takesRanges: boolean;
  /** Bodies stop after so many bytes; the connection stays open until `dropConnections`. */
  holdAfter: number;
  /** The connection breaks after so many bytes of a body. */
  breakAfter: number;
  /** Bytes are missing at the end, and no length is announced. */
  endAfter: number;
  alter: (bytes: Buffer) => Buffer;
  /** Answers all requests with this status. */
  status: number;
}

const PROPER: Readonly<Behaviour> = {
  takesRanges: true,
  holdAfter: Number.POSITIVE_INFINITY,
  breakAfter: Number.POSITIVE_INFINITY,
  endAfter: Number.POSITIVE_INFINITY,
  alter: (bytes) => bytes,
  status: 200,
};

/**
 * The part of the hub that downloads need, on loopback: the commit of a revision, facts of files, the tree, and files
 * by a redirect to where their bytes are, as the hub does it.
 */
export class HubServer {
  readonly requests: LoggedRequest[] = [];
  behaviour: Behaviour = { ...PROPER };
  readonly #branches = new Map<string, string>();
  readonly #commits = new Map<string, Files>();
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Makes a commit, which `revision` of `repo` then means. */
  commit(repo: string, revision: string, files: Files): string {
    const commit = createHash("sha1").update(`${repo} ${this.#commits.size}`).digest("hex");
    this.#commits.set(`${repo} ${commit}`, files);
    this.#branches.set(`${repo} ${revision}`, commit);
    return commit;
  }

  /** Lets `revision` mean what no commit is called. */
  lie(repo: string, revision: string, commit: string): void {
    this.#branches.set(`${repo} ${revision}`, commit);
  }

  /** Forgets requests and misbehaviour. */
  reset(behaviour: Partial<Behaviour> = {}): void {
    this.requests.length = 0;
    this.behaviour = { ...PROPER, ...behaviour };
  }

  /** Requests for bytes of files. */
  get bodies(): LoggedRequest[] {
    return this.requests.filter(({ path }) => path.startsWith("/storage/"));
  }

  dropConnections(): void {
    this.#server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURI(request.url ?? "").split("?")[0] ?? "";
    const { range, authorization } = request.headers;
    const encoding = request.headers["accept-encoding"]?.toString();
    const log: LoggedRequest = { method: request.method ?? "", path, range, authorization, encoding, bodyBytes: 0 };
    this.requests.push(log);
    let body = "";
    for await (const chunk of request) body += chunk;
    if (this.behaviour.status !== 200) return void response.writeHead(this.behaviour.status).end("no");
    const rows: readonly (readonly [RegExp, (...parts: string[]) => void])[] = [
      [/^\/api\/models\/(.+?\/.+?)\/revision\/(.+)$/, (repo, revision) => this.#tellCommit(response, repo, revision)],
      [/^\/api\/models\/(.+?\/.+?)\/paths-info\/(.+)$/, (repo, commit) => this.#tellPaths(response, repo, commit, body)],
      [/^\/api\/models\/(.+?\/.+?)\/tree\/(.+)$/, (repo, commit) => this.#tellPaths(response, repo, commit)],
      [/^\/storage\/(.+?\/.+?)\/(.+?)\/(.+)$/, (repo, commit, name) => this.#send(response, log, this.#file(repo, commit, name))],
      [/^\/(.+?\/.+?)\/resolve\/(.+?)\/(.+)$/, (repo, commit, name) => this.#redirect(response, repo, commit, name)],
    ];
    for (const [pattern, answer] of rows) {
      const match = pattern.exec(path);
      if (match) return answer(...match.slice(1));
    }
    response.writeHead(404).end();
  }

  #file = (repo = "", commit = "", name = ""): ServedFile | undefined => this.#commits.get(`${repo} ${commit}`)?.[name];

  #tellCommit(response: ServerResponse, repo = "", revision = ""): void {
    const sha = this.#branches.get(`${repo} ${decodeURIComponent(revision)}`);
    if (sha === undefined) response.writeHead(404, { "X-Error-Code": "RevisionNotFound" }).end();
    else sendJson(response, { _id: "1", id: repo, sha, lastModified: "2024-01-01T00:00:00.000Z" });
  }

  /** Facts of all files, or of those that the request names. */
  #tellPaths(response: ServerResponse, repo = "", commit = "", body?: string): void {
    const files = this.#commits.get(`${repo} ${commit}`);
    if (files === undefined) return void response.writeHead(404).end();
    const asked: readonly string[] = body === undefined ? Object.keys(files) : JSON.parse(body).paths;
    sendJson(
      response,
      asked.flatMap((path) => (files[path] ? [describeFile(path, files[path])] : [])),
    );
  }

  #redirect(response: ServerResponse, repo = "", commit = "", name = ""): void {
    if (this.#file(repo, commit, name) === undefined) response.writeHead(404, { "X-Error-Code": "EntryNotFound" }).end();
    else response.writeHead(302, { Location: encodeURI(`/storage/${repo}/${commit}/${name}`), "X-Repo-Commit": commit }).end();
  }

  #send(response: ServerResponse, log: LoggedRequest, file: ServedFile | undefined): void {
    const { takesRanges, holdAfter, breakAfter, endAfter, alter } = this.behaviour;
    const all = alter(file?.bytes ?? Buffer.alloc(0));
    const from = takesRanges ? Number(/^bytes=(\d+)-/.exec(log.range ?? "")?.[1] ?? 0) : 0;
    if (from > 0 && from >= Math.min(all.length, endAfter)) return void response.writeHead(416).end();
    const isPart = takesRanges && log.range !== undefined;
    const length = endAfter === Number.POSITIVE_INFINITY ? { "Content-Length": String(all.length - from) } : {};
    const part = { "Content-Range": `bytes ${from}-${all.length - 1}/${all.length}` };
    response.writeHead(isPart ? 206 : 200, { ...length, ...(isPart && part) });
    const body = all.subarray(from, endAfter).subarray(0, Math.min(holdAfter, breakAfter));
    log.bodyBytes = body.length;
    response.write(body, () => {
      if (breakAfter < Number.POSITIVE_INFINITY) response.destroy();
      else if (holdAfter === Number.POSITIVE_INFINITY) response.end();
    });
  }
}

/** As the hub describes a file: by the SHA-256 of its bytes in Git LFS, or the blob's name. */
function describeFile(path: string, { bytes, gitSha1 }: ServedFile): object {
  if (gitSha1 !== undefined) return { type: "file", path, size: bytes.length, oid: gitSha1 };
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return {
    type: "file",
    path,
    size: bytes.length,
    oid: "0".repeat(40),
    lfs: { oid: sha256, size: bytes.length, pointerSize: 135 },
  };
}

const sendJson = (response: ServerResponse, value: unknown): void => {
  response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
};
