import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

export interface ServeOptions {
  /** Sends the headers that give a page SharedArrayBuffer. Default: false. */
  readonly isIsolated?: boolean;
  /** The page's Content-Security-Policy. Default: none. */
  readonly policy?: string;
}

/** A folder on a port of its own, as any static host serves it. */
export interface StaticServer {
  /** `http://127.0.0.1:PORT`: browsers trust it as they trust https. */
  readonly origin: string;
  close(): void;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Serves the files of `folder`. */
export async function serve(folder: string, { isIsolated = false, policy }: ServeOptions = {}): Promise<StaticServer> {
  const headers: Record<string, string> = {
    ...(isIsolated && { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }),
    ...(policy && { "Content-Security-Policy": policy }),
  };
  const server = createServer((request, response) => {
    const path = join(folder, normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname)));
    // Browsers ask for it on their own.
    if (path.endsWith("favicon.ico")) return response.writeHead(204).end();
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return response.writeHead(404).end();
    response.writeHead(200, { ...headers, "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
