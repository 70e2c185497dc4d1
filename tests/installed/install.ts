import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of a project that has the PACKAGES from their tarballs, and user/*.ts as JavaScript. */
    readonly installed: string;
  }
}

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const PACKAGES = ["core", "backend-cpu", "backend-cuda", "backend-webgpu", "models"];
/** npm and pnpm are scripts there. */
const SHELL = process.platform === "win32";

let folder: string;

/** Builds, packs and installs the packages as a user would, without a network. Vitest calls it once, before the tests of this folder. */
export async function setup(project: TestProject): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "vertebra-installed-"));
  await buildPackages();
  await Promise.all(PACKAGES.map(pack));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const tarballs = (await readdir(folder)).filter((name) => name.endsWith(".tgz")).map((name) => `./${name}`);
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", ...tarballs], { cwd: folder, shell: SHELL });
  await writeUserFiles();
  project.provide("installed", folder);
}

export const teardown = (): Promise<void> => rm(folder, { recursive: true, force: true });

/** From turbo's cache where the sources are those of the last build. */
async function buildPackages(): Promise<void> {
  const turbo = join(ROOT, "node_modules/turbo/bin/turbo");
  const filters = PACKAGES.flatMap((name) => ["--filter", `@vertebra/${name}`]);
  await run(process.execPath, [turbo, "run", "build:js", "build:types", ...filters], { cwd: ROOT });
}

/** With pnpm, which writes a version in the place of `workspace:^`; `npm test` puts it on PATH. */
async function pack(name: string): Promise<void> {
  await run("pnpm", ["pack", "--pack-destination", folder], { cwd: join(ROOT, "packages", name), shell: SHELL });
}

async function writeUserFiles(): Promise<void> {
  const user = join(import.meta.dirname, "user");
  const names = await readdir(user);
  await build({ entryPoints: names.map((name) => join(user, name)), outdir: folder, format: "esm", target: "es2022" });
  await mkdir(join(folder, "types"));
  await writeFile(join(folder, "types/types.ts"), await readFile(join(user, "types.ts")));
}
