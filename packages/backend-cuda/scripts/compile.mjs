/** Compiles C++ with what is on the machine: each object is kept under the hash of all it is made from, so a second build is quick. */
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { mergeableSymbols } from "./elf.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
export const build = join(root, "build");
const run = promisify(execFile);

/** A build that failed: its message is all there is to say. */
export class BuildError extends Error {}

/** @throws BuildError where nothing can be written to the package's folder, as in a container's image. */
export function requireWritable() {
  try {
    mkdirSync(build, { recursive: true });
    accessSync(build, constants.W_OK);
  } catch (error) {
    throw new BuildError(
      `${build} must be writable, got ${error.code}. Build as whoever installs packages, or when the image is made`,
    );
  }
}

/** The files of `folder` in native/ that end in `ending`. */
export const sourcesIn = (folder, ending) =>
  readdirSync(join(root, "native", folder))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(root, "native", folder, name));

/**
 * Makes the shared library `out` of `sources`, unless it is there and up to date. `headerFolders` have every header that they include,
 * `compiler` is a program that takes g++'s arguments, and the environment it needs.
 * @throws BuildError with the compiler's words.
 */
export async function buildLibrary({ out, sources, headerFolders, compileFlags, linkFlags, compiler }) {
  const headers = headerFolders.flatMap((folder) => sourcesIn(folder, ".h"));
  const common = [
    compilerVersion(compiler),
    cpus()[0]?.model ?? "",
    ...compileFlags,
    ...headers.map((path) => readFileSync(path, "utf8")),
  ];
  const objects = sources.map((source) => ({
    source,
    path: join(build, "objects", `${basename(source)}.${hash(...common, readFileSync(source, "utf8"))}.o`),
  }));
  const stamp = hash(...linkFlags, ...objects.map(({ path }) => path));
  const stampPath = `${out}.stamp`;
  if (existsSync(out) && existsSync(stampPath) && readFileSync(stampPath, "utf8") === stamp) return;
  for (const folder of [join(build, "objects"), dirname(out)]) mkdirSync(folder, { recursive: true });
  const missing = objects.filter(({ path }) => !existsSync(path));
  await eachAtOnce(missing, ({ source, path }) => {
    const language = source.endsWith(".cu") ? ["-x", "c++"] : [];
    return make(compiler, path, (part) => [...compileFlags, ...language, "-c", relative(root, source), "-o", part]);
  });
  refuseTwoMeanings(objects.filter(({ source }) => source.endsWith(".cu")));
  await make(compiler, out, (part) => ["-shared", "-o", part, ...objects.map(({ path }) => path), ...linkFlags]);
  writeFileSync(stampPath, stamp);
}

/**
 * Kernels are compiled one by one for a GPU but linked together here, where templates of one name and signature in two files would
 * silently become one. @throws BuildError naming those whose code has different sizes.
 */
function refuseTwoMeanings(objects) {
  const seen = new Map();
  for (const { source, path } of objects)
    for (const { name, bytes } of mergeableSymbols(path)) {
      const other = seen.get(name);
      if (other === undefined) seen.set(name, { bytes, source });
      else if (other.bytes !== bytes)
        throw new BuildError(
          `${name} means one thing in ${basename(other.source)} and another in ${basename(source)}: rename one`,
        );
    }
}

/** Runs a script's work; a failed build says why on stderr and nothing else. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Runs `work` on every item, as many at once as there are processors. */
export async function eachAtOnce(items, work) {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** Compiles into a file of its own, then renames it: two builds at once leave whole files. */
async function make({ command: [program, ...first], env }, path, argsFor) {
  const part = `${path}.${process.pid}.part`;
  try {
    await run(program, [...first, ...argsFor(part)], { cwd: root, env: { ...process.env, ...env }, maxBuffer: 1 << 26 });
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw new BuildError(error.stderr || error.message);
  }
}

function compilerVersion({ command: [program, ...first], env }) {
  try {
    const options = { env: { ...process.env, ...env }, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
    return [...first, execFileSync(program, [...first, "--version"], options).split("\n")[0]].join(" ");
  } catch {
    throw new BuildError(`no C++ compiler: ${program} doesn't run. Name another in CXX`);
  }
}

export function hash(...parts) {
  const sum = createHash("sha256");
  for (const part of parts) sum.update(part).update("\0");
  return sum.digest("hex").slice(0, 24);
}
