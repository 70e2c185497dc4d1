import { chromium } from "playwright-core";
import { createServer } from "node:http";
import { execSync } from "node:child_process";
import { unpackChromium } from "./browser/packaged-chromium.ts";
const kind = process.argv[2];
const src = kind === "sys" ? { executablePath: "/usr/bin/chromium" } : (() => { const { executablePath, env } = unpackChromium(); return { executablePath, env: { ...process.env, ...env }, args: ["--in-process-gpu", "--no-zygote"] }; })();
const browser = await chromium.launch(src as any);
const server = createServer((q, r) => { r.setHeader("Cross-Origin-Opener-Policy", "same-origin"); r.setHeader("Cross-Origin-Embedder-Policy", "require-corp"); 
 if (q.url === "/w.js") { r.setHeader("content-type", "text/javascript"); r.end(`
  onmessage = async ({data}) => {
    const url = URL.createObjectURL(new Blob(["postMessage(1)"]));
    const ws = [new Worker(url), new Worker(url)];
    await Promise.all(ws.map((w) => new Promise((r) => w.onmessage = r)));
    await new Promise((r) => setTimeout(r, 100));
    for (const w of ws) w.terminate();
    if (data) await new Promise((r) => setTimeout(r, data));
    postMessage(2);
  }`); } else { r.setHeader("content-type", "text/html"); r.end("<html>"); } }).listen(0, "127.0.0.1");
await new Promise((r) => server.once("listening", r));
let leaks = 0;
for (const delay of [0, 300]) {
  leaks = 0; let threads = "";
  for (let i = 0; i < 20; i++) {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as any).port}/`);
    await page.evaluate((d) => new Promise((resolve) => { const w = new Worker("/w.js"); w.onmessage = () => { w.terminate(); resolve(0); }; w.postMessage(d); }), delay);
    await new Promise((r) => setTimeout(r, 700));
    if (page.workers().length) leaks++;
    await page.context().close();
  }
  console.log(kind, "delay", delay, "leaks", leaks, "of 20");
}
await browser.close(); server.close();
