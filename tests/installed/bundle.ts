import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as esbuild from "esbuild";
import * as vite from "vite";

/** Writes pages that load the packages in every way there is; each folder below `installed` is a site. Gives the bundlers' warnings. */
export async function bundlePages(installed: string): Promise<string[]> {
  const warnings = await Promise.all([
    plain(installed),
    viteSite(installed),
    esbuildSite(installed, true),
    esbuildSite(installed, false),
  ]);
  return warnings.flat();
}

const page = (script: string, head = "") =>
  `<!doctype html><html><head><meta charset="utf-8"><title>Vertebra</title>${head}<script type="module" src="${script}"></script></head></html>`;

/** No bundler: an import map says where the packages are. Workers have no import map, so they need one. */
async function plain(installed: string): Promise<string[]> {
  const imports = Object.fromEntries(
    ["core", "backend-cpu", "backend-webgpu"].map((name) => [
      `@vertebra/${name}`,
      `./node_modules/@vertebra/${name}/dist/index.js`,
    ]),
  );
  imports["@vertebra/core/plan"] = "./node_modules/@vertebra/core/dist/plan.js";
  const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
  await writeFile(join(installed, "plain.html"), page("./page.js", map));
  return [];
}

async function viteSite(installed: string): Promise<string[]> {
  const warnings: string[] = [];
  await writeFile(join(installed, "vite.html"), page("./bundled-page.js"));
  const warn = (message: string) => warnings.push(`vite: ${message}`);
  await vite.build({
    root: installed,
    configFile: false,
    logLevel: "warn",
    customLogger: { ...vite.createLogger("warn"), warn, warnOnce: warn },
    build: { outDir: "vite", rollupOptions: { input: join(installed, "vite.html") } },
    // Vite's default, "iife", can't load the kernels on demand.
    worker: { format: "es" },
  });
  return warnings;
}

async function esbuildSite(installed: string, splitting: boolean): Promise<string[]> {
  const outdir = join(installed, splitting ? "esbuild-split" : "esbuild-whole");
  const { warnings } = await esbuild.build({
    absWorkingDir: installed,
    entryPoints: ["bundled-page.js", "worker.js"],
    bundle: true,
    minify: true,
    format: "esm",
    splitting,
    outdir,
    logLevel: "silent",
  });
  await mkdir(outdir, { recursive: true });
  await writeFile(join(outdir, "index.html"), page("./bundled-page.js"));
  return warnings.map(({ text }) => `esbuild: ${text}`);
}
