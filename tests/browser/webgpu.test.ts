import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TESTED_OPS } from "@vertebra/parity";
import type { Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wgslText } from "../../vite.wgsl";
import { launchChromium } from "./launch";
import { type StaticServer, serve } from "./serve";
import type { WebgpuPage } from "./webgpu-page";

const chromium = await launchChromium({ webgpu: "swiftshader" });
const title = chromium.browser ? `${chromium.origin} ${chromium.browser.version()}` : `skipped: ${chromium.reason}`;
/** Ops in runs of a few, so that a hanging one has a name. */
const CHUNK = 12;
const chunks = Array.from({ length: Math.ceil(TESTED_OPS.length / CHUNK) }, (_, i) =>
  TESTED_OPS.slice(i * CHUNK, (i + 1) * CHUNK),
);

describe.skipIf(!chromium.browser)(`WebGPU in ${title}`, () => {
  let folder: string;
  let server: StaticServer;
  let page: Page;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "vertebra-webgpu-"));
    await buildPage(folder);
    server = await serve(join(folder, "dist"));
    page = await (chromium.browser as NonNullable<typeof chromium.browser>).newPage();
    await page.goto(`${server.origin}/index.html`);
  }, 120_000);
  afterAll(async () => {
    await chromium.browser?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is the software adapter, and says so", async () => {
    const described = await page.evaluate(() => (globalThis as unknown as { page: WebgpuPage }).page.describe());
    expect(described).toEqual(expect.arrayContaining(["software", "finite-math"]));
  });

  it.each(chunks.map((chunk) => [`${chunk[0]} … ${chunk.at(-1)}`, chunk] as const))(
    "the conformance kit passes: %s",
    async (_, chunk) => {
      const report = await page.evaluate((names) => (globalThis as unknown as { page: WebgpuPage }).page.parity(names), chunk);
      expect(report.failures.map(({ message }) => message)).toEqual([]);
      expect(report.passed).toBeGreaterThanOrEqual(chunk.length);
    },
    300_000,
  );

  it("models train and infer as the reference does", async () => {
    const reports = await page.evaluate(
      (names) => (globalThis as unknown as { page: WebgpuPage }).page.models(names),
      ["lenet5", "resnet18"],
    );
    expect(reports.flatMap(({ failures }) => failures.map(({ message }) => message))).toEqual([]);
    expect(reports.map(({ passed }) => passed)).toEqual([10, 1]);
  }, 300_000);
});

/** The page as Vite builds a user's. */
async function buildPage(root: string): Promise<void> {
  mkdirSync(join(root, "dist"));
  writeFileSync(join(root, "index.html"), `<!doctype html><script type="module" src="./page.ts"></script>`);
  writeFileSync(join(root, "page.ts"), `import ${JSON.stringify(join(import.meta.dirname, "webgpu-page.ts"))};`);
  await build({
    root,
    base: "./",
    configFile: false,
    logLevel: "error",
    plugins: [wgslText()],
    resolve: { conditions: ["@vertebra/source", "browser", "module", "import"] },
    build: { target: "es2022", minify: false },
  });
}
