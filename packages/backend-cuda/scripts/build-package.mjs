/**
 * Fills the package for this platform, packages/backend-cuda-linux-x64: the addon, built by Zig for the oldest C library that Node runs on, every
 * kernel, and built.json, which says of what. With --check it builds nothing, and fails unless all is there and as the sources are: what
 * `prepack` runs, so that nothing old or partial is published.
 */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ADDON, buildAddon } from "./build-addon.mjs";
import { buildKernels, fatbins, nvccVersion, releaseFatbins } from "./build-kernels.mjs";
import { BuildError, build, hash, main, root, sourcesIn } from "./compile.mjs";
import { neededGlibc } from "./elf.mjs";
import { fetchZig, OLDEST_GLIBC, zigCompiler } from "./zig.mjs";

/** Drivers compile PTX up to their own release: that of 13.0 runs on every driver of CUDA 13. */
const NVCC = "release 13.0";
const PACKAGE = join(root, "../backend-cuda-linux-x64");
const FACTS = "built.json";

/** Kernels of native/test stay here. */
const modules = () => sourcesIn("kernels", ".cu").map((path) => basename(path, ".cu"));
const files = () => [ADDON, ...modules().map((module) => `fatbin/${module}.fatbin`)];

/**
 * Builds into `folder`; what isn't for release has kernels for fewer GPUs, and takes less time.
 * @throws BuildError where nvcc or the compiler is missing, or what they made isn't fit for others.
 */
export async function buildPackage({ folder = PACKAGE, compiler = undefined, isRelease = true } = {}) {
  // First what may be missing: nvcc.
  const spills = await buildKernels({ isRelease });
  if (!compiler) fetchZig();
  const addon = await buildAddon({ out: join(build, "package", ADDON), compiler: compiler ?? zigCompiler() });
  for (const name of [FACTS, "fatbin"]) rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(join(folder, "fatbin"), { recursive: true });
  copyFileSync(addon, join(folder, ADDON));
  const from = isRelease ? releaseFatbins : fatbins;
  for (const module of modules()) copyFileSync(join(from, `${module}.fatbin`), join(folder, "fatbin", `${module}.fatbin`));
  const sums = Object.fromEntries(files().map((name) => [name, sumOf(join(folder, name))]));
  const facts = {
    glibc: neededGlibc(addon)?.join(".") ?? "none",
    nvcc: nvccVersion().match(/release .*/)?.[0],
    sources: sourcesSum(),
    files: sums,
  };
  writeFileSync(join(folder, FACTS), `${JSON.stringify(facts, null, 1)}\n`);
  return spills;
}

/** @throws BuildError naming all that is missing, old, too much or too new for old machines. */
export function checkPackage({ folder = PACKAGE } = {}) {
  const problems = [...problemsOf(folder)];
  if (problems.length > 0) throw new BuildError(`${problems.join("; ")}. Build it: npm run build:package`);
}

function* problemsOf(folder) {
  const factsPath = join(folder, FACTS);
  if (!existsSync(factsPath)) return yield `not built: no ${FACTS}`;
  const facts = JSON.parse(readFileSync(factsPath, "utf8"));
  if (facts.sources !== sourcesSum()) yield "built of other sources than there are now";
  for (const name of files()) {
    const path = join(folder, name);
    if (!existsSync(path)) yield `no ${name}`;
    else if (sumOf(path) !== facts.files[name]) yield `${name} isn't the one that was built`;
  }
  if (!facts.nvcc.startsWith(NVCC)) yield `kernels must be compiled by nvcc ${NVCC}, got ${facts.nvcc}`;
  const kernels = existsSync(join(folder, "fatbin")) ? readdirSync(join(folder, "fatbin")) : [];
  for (const name of kernels.filter((found) => !files().includes(`fatbin/${found}`))) yield `fatbin/${name} is of no kernel`;
  yield* newerThanOldest(join(folder, ADDON));
}

function* newerThanOldest(path) {
  const [major, minor] = (existsSync(path) && neededGlibc(path)) || [0, 0];
  if (major > OLDEST_GLIBC[0] || (major === OLDEST_GLIBC[0] && minor > OLDEST_GLIBC[1]))
    yield `${ADDON} must need glibc ${OLDEST_GLIBC.join(".")} at most, got ${major}.${minor}`;
}

const sumOf = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Of all that decides about the files: sources, and how they are compiled. */
function sourcesSum() {
  const scripts = ["build-addon.mjs", "build-kernels.mjs", "build-package.mjs", "zig.mjs"].map((name) =>
    join(root, "scripts", name),
  );
  const sources = [
    ["", ".h"],
    ["addon", ".cc"],
    ["addon", ".h"],
    ["addon", ".map"],
    ["vendor", ".cc"],
    ["vendor", ".h"],
    ["kernels", ".cu"],
    ["kernels", ".h"],
  ];
  const paths = [...scripts, ...sources.flatMap(([folder, ending]) => sourcesIn(folder, ending))];
  return hash(...paths.flatMap((path) => [relative(root, path), readFileSync(path, "utf8")]));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main(async () => {
    if (process.argv.includes("--check")) return checkPackage();
    for (const line of await buildPackage()) process.stdout.write(`${line}\n`);
    checkPackage();
  });
