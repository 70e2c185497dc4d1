import { createReadStream, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { CACHE } from "../tasks.mjs";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".mjs": "text/javascript",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** Isolated pages have a clock of 5 µs; others one of 100. */
const HEADERS = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/**
 * Bundles the page and serves it with all that it asks for, on a port of this machine.
 * @returns {Promise<{ origin: string, addressOf: (folder: string) => string, close: () => void }>}
 */
export async function openSite() {
  const folder = join(CACHE, "page");
  await bundle(folder);
  const ort = dirname(fileURLToPath(import.meta.resolve("onnxruntime-web/webgpu")));
  const roots = { page: folder, ort, tasks: CACHE };
  const server = createServer((request, response) => {
    const [, root, ...path] = normalize(new URL(request.url, "http://localhost").pathname).split("/");
    const file = join(roots[root] ?? folder, ...path);
    if (!(root in roots) || !statSync(file, { throwIfNoEntry: false })?.isFile()) return response.writeHead(404).end();
    response.writeHead(200, { ...HEADERS, "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    addressOf: (path) => `${origin}/tasks/${path.slice(CACHE.length + 1)}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** As a user's bundler would: our built packages, the peers' own. Each contender is a chunk that only its turn loads. */
async function bundle(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [fileURLToPath(new URL("./page.mjs", import.meta.url))],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    logLevel: "error",
  });
  writeFileSync(join(folder, "index.html"), `<!doctype html><title>bench</title><script type="module" src="./page.js"></script>`);
}
