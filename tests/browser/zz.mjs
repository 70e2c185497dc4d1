// zz.mts
import { chromium } from "playwright-core";
import { createServer } from "node:http";

// browser/packaged-chromium.ts
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
var PACKAGE = "@sparticuz/chromium";
function unpackChromium() {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new Error(`is for linux x64, this is ${process.platform} ${process.arch}`);
  const manifest = join(dirname(fileURLToPath(import.meta.resolve(PACKAGE))), "../../package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8"));
  const cache = join(import.meta.dirname, "../node_modules/.cache");
  const folder = join(cache, `chromium-${version}`);
  if (!existsSync(folder)) unpackInto(cache, folder);
  return {
    executablePath: join(folder, "chromium"),
    env: {
      LD_LIBRARY_PATH: `${folder}:${join(folder, "al2023/lib")}`,
      FONTCONFIG_PATH: join(folder, "fonts"),
      VK_DRIVER_FILES: join(folder, "vk_swiftshader_icd.json")
    }
  };
}
function unpackInto(cache, folder) {
  mkdirSync(cache, { recursive: true });
  const part = mkdtempSync(join(cache, "chromium-"));
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", `await (await import("${PACKAGE}")).default.executablePath();`],
    { cwd: import.meta.dirname, env: { TMPDIR: part, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x" }, encoding: "utf8" }
  );
  if (status !== 0) {
    rmSync(part, { recursive: true, force: true });
    throw new Error(`can't be unpacked: ${stderr}`);
  }
  try {
    renameSync(part, folder);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

// zz.mts
var kind = process.argv[2];
var src = kind === "sys" ? { executablePath: "/usr/bin/chromium" } : (() => {
  const { executablePath, env } = unpackChromium();
  return { executablePath, env: { ...process.env, ...env }, args: ["--in-process-gpu", "--no-zygote"] };
})();
var browser = await chromium.launch(src);
var server = createServer((q, r) => {
  r.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  r.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  if (q.url === "/w.js") {
    r.setHeader("content-type", "text/javascript");
    r.end(`
  onmessage = async ({data}) => {
    const url = URL.createObjectURL(new Blob(["postMessage(1)"]));
    const ws = [new Worker(url), new Worker(url)];
    await Promise.all(ws.map((w) => new Promise((r) => w.onmessage = r)));
    await new Promise((r) => setTimeout(r, 100));
    for (const w of ws) w.terminate();
    if (data) await new Promise((r) => setTimeout(r, data));
    postMessage(2);
  }`);
  } else {
    r.setHeader("content-type", "text/html");
    r.end("<html>");
  }
}).listen(0, "127.0.0.1");
await new Promise((r) => server.once("listening", r));
var leaks = 0;
for (const delay of [0, 300]) {
  leaks = 0;
  let threads = "";
  for (let i = 0; i < 20; i++) {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.evaluate((d) => new Promise((resolve) => {
      const w = new Worker("/w.js");
      w.onmessage = () => {
        w.terminate();
        resolve(0);
      };
      w.postMessage(d);
    }), delay);
    await new Promise((r) => setTimeout(r, 700));
    if (page.workers().length) leaks++;
    await page.context().close();
  }
  console.log(kind, "delay", delay, "leaks", leaks, "of 20");
}
await browser.close();
server.close();
