// The rules of the code base that file names can show: who may import whom, one kernel per op, sizes and names of files.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

/** Workspace packages that a package's sources may import; its tests may import any. */
const MAY_IMPORT = {
  core: [],
  "backend-cpu": ["@vertebra/core"],
  "backend-cuda": ["@vertebra/core"],
  "backend-webgpu": ["@vertebra/core"],
  data: ["@vertebra/core"],
  models: ["@vertebra/core"],
  parity: ["@vertebra/core"],
  cli: [
    "@vertebra/backend-cpu",
    "@vertebra/backend-cuda",
    "@vertebra/backend-webgpu",
    "@vertebra/core",
    "@vertebra/data",
    "@vertebra/models",
    "@vertebra/parity",
    "vertebra",
  ],
};
const OPS = "packages/core/src/ops";
/** Folders with a plan for each op, where their kernels are, and what these end in. */
const KERNELS = [
  ["packages/backend-cpu/src/kernels", "packages/backend-cpu/src/kernels", ".c"],
  ["packages/backend-cuda/src/kernels", "packages/backend-cuda/native/kernels", ".cu"],
  ["packages/backend-webgpu/src/kernels", "packages/backend-webgpu/src/kernels", ".wgsl"],
];
const MAX_LINES = { source: 400, test: 500 };
const CODE = /\.(ts|mjs|c|h|cc|cu|wgsl)$/;
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*["'](vertebra(?:\/[^"']*)?|@vertebra\/[^"']+)["']/g;

const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" });
const files = listed.split("\n").filter((path) => path !== "" && existsSync(path));
const isTest = (path) => /\.test\.ts$/.test(path) || path.startsWith("tests/") || path.includes("/src/testing/");

const problems = [...imports(), ...ops(), ...sizes(), ...names()];
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`layout: ${problems.length} problem${problems.length === 1 ? "" : "s"}`);
  process.exitCode = 1;
}

/** Packages import only what stands below them. */
function* imports() {
  for (const path of files) {
    const [, folder] = path.match(/^packages\/([^/]+)\/src\/.*\.ts$/) ?? [];
    if (folder === undefined || isTest(path)) continue;
    const allowed = MAY_IMPORT[folder];
    if (allowed === undefined) {
      yield `${path}: packages/${folder} has no row in MAY_IMPORT of scripts/check-layout.mjs`;
      continue;
    }
    for (const [, name] of read(path).matchAll(IMPORT)) {
      if (allowed.some((other) => name === other || name.startsWith(`${other}/`))) continue;
      yield `${path}: packages/${folder} may import ${allowed.join(", ") || "no other package"}, not ${name}`;
    }
  }
}

/**
 * A file that defines an op has its line in the op table and a plan of its name in every backend, one that shares memory has none.
 * The plan's folder has a kernel of that name too, or the plan says by an import whose it uses. No kernel is without a plan.
 */
function* ops() {
  const table = existsSync(`${OPS}/index.ts`) ? read(`${OPS}/index.ts`) : "";
  for (const path of files) {
    if (!path.startsWith(`${OPS}/`) || isTest(path) || !read(path).includes("defineOp<")) continue;
    const op = basename(path, ".ts");
    if (["binary", "elementwise", "unary"].includes(op) || read(path).includes("applyAlias(")) continue;
    if (!table.includes(`"./${op}"`)) yield `${path}: the op table ${OPS}/index.ts doesn't import "./${op}"`;
    for (const [plans, kernels, ending] of KERNELS) {
      const plan = `${plans}/${op}.ts`;
      if (!files.includes(plan)) yield `${path}: ${plan} is missing`;
      else if (!files.includes(`${kernels}/${op}${ending}`) && !/from "\.\/|kernelsOf\(|copyBytes/.test(read(plan)))
        yield `${path}: ${kernels}/${op}${ending} is missing, and its plan uses no other`;
    }
  }
  const sources = files.filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path) && !isTest(path)).map(read);
  for (const path of files.filter((name) => name.endsWith(".wgsl"))) {
    const name = basename(path);
    if (!sources.some((source) => source.includes(`/${name}"`))) yield `${path}: no plan imports it`;
  }
  const plans = files.filter((path) => /^packages\/backend-cuda\/src\/kernels\/.*\.ts$/.test(path) && !isTest(path)).map(read);
  for (const path of files.filter((name) => /\/native\/kernels\/.*\.cu$/.test(name))) {
    // As the module of a launch: kernelsOf("conv2d"), stepOf("sgdStep", …).
    if (!plans.some((plan) => plan.includes(`"${basename(path, ".cu")}"`))) yield `${path}: no plan launches it`;
  }
}

function* sizes() {
  for (const path of files) {
    if (!CODE.test(path)) continue;
    const lines = read(path).split("\n").length - 1;
    const most = isTest(path) ? MAX_LINES.test : MAX_LINES.source;
    if (lines > most) yield `${path}: ${lines} lines, at most ${most}: look for the second idea in it`;
  }
}

function* names() {
  for (const path of files) {
    if (!CODE.test(path)) continue;
    const [stem] = basename(path).split(".");
    if (/(^|-)(manager|helpers?|utils?|impl)(-|$)|(Manager|Helpers?|Utils?|Impl)(?![a-z])/.test(stem)) {
      yield `${path}: name what it holds; Manager, Helper, Util and Impl say nothing`;
    }
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(stem) && !/^[a-z][a-zA-Z0-9]*$/.test(stem)) {
      yield `${path}: file names are kebab-case, or camelCase where an op is named (conv2dParts, not conv2d-parts)`;
    }
  }
}

function read(path) {
  return readFileSync(path, "utf8");
}
