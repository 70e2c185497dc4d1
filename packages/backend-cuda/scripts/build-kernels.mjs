/**
 * native/kernels/*.cu, and those of native/test, → build/fatbin/<name>.fatbin, by nvcc. Machine code for compute capability 8 and
 * 10, and PTX for all others; of a file with a line `// targets: sm_90a`, for these alone. Warnings are errors; spills are told.
 */
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BuildError, build, eachAtOnce, main, root, sourcesIn } from "./compile.mjs";

const FLAGS = "-fatbin -std=c++17 -O3 --compress-mode=size -Werror all-warnings -Xptxas -v".split(" ");
const TARGETS = ["arch=compute_80,code=[sm_80,compute_80]", "arch=compute_100,code=sm_100"];
/** What is published has this in addition, so that an H100 needn't compile at first use: a third more to build. */
const RELEASE_TARGETS = [...TARGETS, "arch=compute_90,code=sm_90"];
/** Whose drivers our errors ask for (src/errors.ts). */
const CUDA_MAJOR = 13;
const nvcc = process.env.NVCC ?? "nvcc";
/** Where the compiled kernels are. */
export const fatbins = join(build, "fatbin");
export const releaseFatbins = join(build, "release", "fatbin");

/** @returns a line for each kernel that spills registers to memory. */
export async function buildKernels({ isRelease = false } = {}) {
  const targets = isRelease ? RELEASE_TARGETS : TARGETS;
  const folder = isRelease ? releaseFatbins : fatbins;
  const common = [nvccVersion(), ...FLAGS, ...targets, ...sourcesIn("kernels", ".h").map((path) => readFileSync(path, "utf8"))];
  mkdirSync(folder, { recursive: true });
  const spills = [];
  await eachAtOnce([...sourcesIn("kernels", ".cu"), ...sourcesIn("test", ".cu")], async (source) => {
    spills.push(...(await buildOne(source, { folder, targets, common })));
  });
  return spills.sort();
}

async function buildOne(source, { folder, targets, common }) {
  const text = readFileSync(source, "utf8");
  const fatbin = join(folder, `${basename(source, ".cu")}.fatbin`);
  const stampPath = `${fatbin}.stamp`;
  const stamp = createHash("sha256")
    .update(JSON.stringify([...common, text]))
    .digest("hex");
  const known = existsSync(fatbin) && existsSync(stampPath) ? JSON.parse(readFileSync(stampPath, "utf8")) : {};
  if (known.stamp === stamp) return known.spills;
  const part = `${fatbin}.${process.pid}.part`;
  const architectures = targetsOf(text, targets).flatMap((target) => ["-gencode", target]);
  const report = await run([...FLAGS, ...architectures, "-o", part, source]);
  // Of ptxas this is no warning: products of warpgroups that wait for each other.
  const [loss] = report.match(/^.*Potential Performance Loss.*$/m) ?? [];
  if (loss) throw new BuildError(`${basename(source)}: ${loss}`);
  renameSync(part, fatbin);
  const spills = spillsIn(report).map((line) => `${basename(source)}: ${line}`);
  writeFileSync(stampPath, JSON.stringify({ stamp, spills }));
  return spills;
}

/** What nvcc is told of a file with or without `// targets: sm_90a, sm_120`. */
function targetsOf(text, targets) {
  const [, list] = text.match(/^\/\/ targets: (.+)$/m) ?? [];
  return list?.split(/,\s*/).map((target) => `arch=${target.replace("sm_", "compute_")},code=${target}`) ?? targets;
}

/** ptxas names the kernel in one line, and what it spills in the next. */
export function spillsIn(report) {
  const spills = [];
  let kernel = "";
  for (const line of report.split("\n")) {
    const [, name, target] = line.match(/Compiling entry function '(\w+)' for '(\w+)'/) ?? [];
    if (name) kernel = `${name} for ${target}`;
    const [, stores, loads] = line.match(/(\d+) bytes spill stores, (\d+) bytes spill loads/) ?? [];
    if (Number(stores) + Number(loads) > 0) spills.push(`${kernel} spills ${stores} bytes and loads ${loads}`);
  }
  return spills;
}

async function run(args) {
  try {
    const { stdout, stderr } = await promisify(execFile)(nvcc, args, { cwd: root, maxBuffer: 1 << 26 });
    return stdout + stderr;
  } catch (error) {
    throw new BuildError(error.stderr || error.message);
  }
}

/** What nvcc says of itself. @throws BuildError where there is none, or one of another CUDA: its code would want another driver. */
export function nvccVersion() {
  const text = nvccAnswer();
  const [release, major] = text.match(/release (\d+)\.\d+/) ?? [];
  if (Number(major) !== CUDA_MAJOR)
    throw new BuildError(`nvcc must be of CUDA ${CUDA_MAJOR}, got ${release ?? text}. Name another in NVCC`);
  return text;
}

function nvccAnswer() {
  try {
    return execFileSync(nvcc, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    throw new BuildError("not built: no nvcc. Install NVIDIA's CUDA toolkit, or name its compiler in NVCC");
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main(async () => {
    for (const line of await buildKernels()) process.stdout.write(`${line}\n`);
  });
