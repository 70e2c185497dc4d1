import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OpName } from "@vertebra/core";
import { CASES } from "@vertebra/parity";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium } from "./launch";
import type { parity } from "./parity-page";
import { serve } from "./serve";

/** A kernel of every kind. BROWSER_PARITY=all runs the whole kit, a minute. */
const OPS: readonly OpName[] = ["conv2d", "gelu", "maxPool2d", "softmax", "uniform"];
const ops = process.env.BROWSER_PARITY === "all" ? (Object.keys(CASES) as OpName[]) : OPS;

const chromium = await launchChromium();
const title = chromium.browser ? `${chromium.origin} ${chromium.browser.version()}` : `skipped: ${chromium.reason}`;

describe.skipIf(!chromium.browser)(`the conformance kit in ${title}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vertebra-parity-"));
  });
  afterAll(async () => {
    await chromium.browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("passes with relaxed SIMD and threads, and with SIMD on one", async () => {
    await build({
      entryPoints: [join(import.meta.dirname, "parity-page.ts")],
      ...{ bundle: true, splitting: true, format: "esm", outdir: folder, conditions: ["@vertebra/source"], logLevel: "silent" },
    });
    writeFileSync(join(folder, "index.html"), `<!doctype html><script type="module" src="./parity-page.js"></script>`);
    const server = await serve(folder, { isIsolated: true });
    const page = await (chromium.browser as NonNullable<typeof chromium.browser>).newPage();
    await page.goto(`${server.origin}/index.html`);
    const cases = ops.reduce((count, op) => count + CASES[op].cases.length, 0);
    for (const options of [{ threads: 2 }, { threads: 1, simd: "simd" }] as const) {
      const report = await page.evaluate(
        ([given, names]) => (globalThis as unknown as { parity: typeof parity }).parity(given, names),
        [options, ops] as const,
      );
      expect(report.failures).toEqual([]);
      expect(report.passed).toBe(cases);
      expect(report.adapter).toBe(
        options.threads === 2 ? "WebAssembly relaxed-threads, 2 threads" : "WebAssembly simd, 1 thread",
      );
    }
    server.close();
  }, 300_000);
});
