import { dirname, join } from "node:path";
import { type CpuOptions, cpu } from "@vertebra/backend-cpu";
import { openReference } from "@vertebra/parity";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { launchChromium } from "../browser/launch";
import { type ServeOptions, serve } from "../browser/serve";
import { expectAgreement } from "./agreement";
import { bundlePages } from "./bundle";
import { program, type Values } from "./user/program";
import type { Report } from "./user/report";

const installed = inject("installed");
const chromium = await launchChromium({ webgpu: "swiftshader" });
const title = chromium.browser ? `${chromium.origin} ${chromium.browser.version()}` : `skipped: ${chromium.reason}`;
/** The strictest policy under which kernels compile and threads start. */
const POLICY = { base: "default-src 'none'; script-src 'self'", wasm: "'wasm-unsafe-eval'", threads: "worker-src 'self' blob:" };

/** What Chromium itself says about WebGPU on Linux in some versions. */
const OWN_NOTICE = /^WebGPU is experimental on this platform\./;

/** Chromium reports it some time after it happened. */
const WORKER_END_MS = 10_000;

/** What the page's script leaves for us. */
type Run = (options: CpuOptions) => Promise<Report>;
type Place = "report" | "reportInWorker" | "onWebgpu";
/** Workers have no import map. */
const PAGE_ONLY: readonly Place[] = ["report"];
const PAGE_AND_WORKER: readonly Place[] = ["report", "reportInWorker"];

interface Visit {
  /** Runs the user's program in the page or in a worker of it. */
  readonly run: (place: Place, options: CpuOptions) => Promise<Report>;
  readonly page: Page;
  /** All that went to the console: errors and warnings too. */
  readonly messages: readonly string[];
  /** Kernel modules that the page fetched. */
  readonly modules: readonly string[];
}

describe.skipIf(!chromium.browser)(`the installed packages in ${title}`, () => {
  const closers: (() => unknown)[] = [];
  let expected: Values;
  let warnings: string[];

  beforeAll(async () => {
    [expected, warnings] = await Promise.all([program(openReference()), bundlePages(installed)]);
  });
  afterEach(() => Promise.all(closers.splice(0).map((close) => close())));
  afterAll(() => chromium.browser?.close());

  async function visit(path: string, options: ServeOptions = {}): Promise<Visit> {
    const server = await serve(join(installed, dirname(path)), options);
    const context = await (chromium.browser as NonNullable<typeof chromium.browser>).newContext();
    closers.push(() => context.close(), server.close);
    const page = await context.newPage();
    const messages: string[] = [];
    const modules: string[] = [];
    page.on("pageerror", (error) => messages.push(error.message));
    page.on("console", (message) => {
      if (!OWN_NOTICE.test(message.text())) messages.push(message.text());
    });
    context.on("request", (request) => {
      const [name] = request.url().match(/(simd|relaxed)[^/]*\.js$/) ?? [];
      if (name) modules.push(name);
    });
    await page.goto(`${server.origin}/${path.split("/").at(-1)}`);
    expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(options.isIsolated ?? false);
    const run: Visit["run"] = (place, given) =>
      page.evaluate(([name, value]) => (globalThis as unknown as Record<Place, Run>)[name](value), [place, given] as const);
    return { run, page, messages, modules };
  }

  it("bundles without a warning", () => {
    expect(warnings).toEqual([]);
  });

  describe.each([
    ["a static page with an import map", "plain.html", PAGE_ONLY],
    ["Vite", "vite/vite.html", PAGE_AND_WORKER],
    ["esbuild, split", "esbuild-split/index.html", PAGE_AND_WORKER],
    ["esbuild, in one file", "esbuild-whole/index.html", PAGE_AND_WORKER],
  ] as const)("from %s", (_, path, places) => {
    const isSplit = !path.includes("whole");

    it("trains with threads where the page is cross-origin isolated", async () => {
      const { run, page, messages, modules } = await visit(path, { isIsolated: true });
      for (const place of places) {
        const report = await run(place, { threads: 3 });
        expect(report).toMatchObject({
          adapter: "WebAssembly relaxed-threads, 3 threads",
          features: ["simd128", "relaxed-simd", "threads"],
        });
        expectAgreement(report, expected);
        await expect.poll(() => threadsOf(page), { timeout: WORKER_END_MS }).toEqual([]);
      }
      expect(modules).toEqual(isSplit ? places.map(() => expect.stringMatching(/^relaxed-threads/)) : []);
      expect(messages).toEqual([]);
    });

    it("trains on one thread where it isn't", async () => {
      const { run, messages, modules } = await visit(path);
      for (const place of places) {
        const report = await run(place, {});
        expect(report).toMatchObject({ adapter: "WebAssembly relaxed, 1 thread", features: ["simd128", "relaxed-simd"] });
        expectAgreement(report, expected);
      }
      expect(modules).toEqual(isSplit ? places.map(() => expect.stringMatching(/^relaxed(?!-threads)/)) : []);
      expect(messages).toEqual([]);
    });
  });

  it.each(["plain.html", "vite/vite.html", "esbuild-split/index.html", "esbuild-whole/index.html"])(
    "trains on WebGPU from %s, under a policy that allows scripts only",
    async (path) => {
      // An import map is an inline script.
      const { run, messages } = await visit(path, path === "plain.html" ? {} : { policy: POLICY.base });
      const report = await run("onWebgpu", {});
      expect(report.features).toContain("software");
      expectAgreement(report, expected);
      expect(messages).toEqual([]);
    },
  );

  it("gives the bits that Node gives with the same instructions, whatever the threads", async () => {
    const { run } = await visit("plain.html", { isIsolated: true });
    const device = await cpu({ simd: "simd", threads: 1 }).open();
    const values = await program(device);
    expect((await run("report", { simd: "simd", threads: 2 })).values).toEqual(values);
    expect((await run("report", { simd: "simd", threads: 1 })).values).toEqual(values);
    await device.close();
  });

  describe("under a Content-Security-Policy", () => {
    it("trains with threads under the strictest that it can", async () => {
      const { run, messages } = await visit("vite/vite.html", {
        isIsolated: true,
        policy: `${POLICY.base} ${POLICY.wasm}; ${POLICY.threads}`,
      });
      expectAgreement(await run("report", { threads: 2 }), expected);
      expectAgreement(await run("reportInWorker", { threads: 2 }), expected);
      expect(messages).toEqual([]);
    });

    it("names the directive that threads need", async () => {
      const { run } = await visit("vite/vite.html", { isIsolated: true, policy: `${POLICY.base} ${POLICY.wasm}` });
      await expect(run("report", { threads: 2 })).rejects.toThrow("worker-src blob:");
      expectAgreement(await run("report", { threads: 1 }), expected);
    });

    it("names the source that kernels need", async () => {
      const { run } = await visit("vite/vite.html", { policy: POLICY.base });
      await expect(run("report", {})).rejects.toThrow(/Allow 'wasm-unsafe-eval' in .*script-src/);
    });
  });
});

/** The backend's workers. Not the page's own: Chromium at times keeps one that ends right after its threads, with our code or without. */
const threadsOf = (page: Page): string[] =>
  page
    .workers()
    .map((worker) => worker.url())
    .filter((url) => url.startsWith("blob:"));
