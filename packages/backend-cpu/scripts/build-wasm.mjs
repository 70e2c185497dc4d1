/**
 * C kernels → WASM. `node scripts/build-wasm.mjs` compiles every `src/kernels/*.c` twice (SIMD128, relaxed SIMD) with the clang
 * of `@yowasp/clang`, links each set with and without shared memory, and writes `wasm/<module>.js`, whose default export is the
 * module in base64: one form that Node, bundlers and script tags take alike. Objects and modules are cached by content.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const kernels = join(root, "src/kernels");
const cache = join(root, "node_modules/.cache/wasm");
const out = join(root, "wasm");

const compileFlags = [
  ..."--target=wasm32 -std=gnu17 -O3 -ffreestanding -nostdlib -ffp-contract=off -fno-math-errno -fno-trapping-math".split(" "),
  ..."-msimd128 -matomics -mbulk-memory -mmutable-globals -mnontrapping-fptoint -msign-ext".split(" "),
  ..."-Wall -Wextra -Werror -Wno-unused-parameter -fno-caret-diagnostics".split(" "),
];
const linkFlags = [
  ..."--no-entry --import-memory --strip-all --gc-sections --export=__heap_base --export=__stack_pointer".split(" "),
  ..."--max-memory=4294967296 --initial-memory=16777216 -z stack-size=262144".split(" "),
];
/** Or tsup would ship each module a second time, as the source of itself. */
const sourceMap = JSON.stringify({ version: 3, sources: ["../src/kernels"], sourcesContent: [""], names: [], mappings: "AAAA" });
const sourceMapUrl = `//# sourceMappingURL=data:application/json,${encodeURIComponent(sourceMap)}`;
const variants = { simd: [], relaxed: ["-mrelaxed-simd"] };

const llvmPackage = JSON.parse(readFileSync(new URL("../package.json", import.meta.resolve("@yowasp/clang")), "utf8"));
const sources = readdirSync(kernels)
  .filter((name) => /\.[ch]$/.test(name))
  .sort();
const text = Object.fromEntries(sources.map((name) => [name, readFileSync(join(kernels, name), "utf8")]));

class BuildError extends Error {}

mkdirSync(cache, { recursive: true });
mkdirSync(out, { recursive: true });
try {
  for (const [variant, flags] of Object.entries(variants)) {
    const objects = {};
    for (const name of sources.filter((name) => name.endsWith(".c")))
      objects[`${basename(name, ".c")}.o`] = await compile(name, flags);
    await link(variant, objects, []);
    await link(`${variant}-threads`, objects, ["--shared-memory"]);
  }
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function compile(name, flags) {
  const args = [...compileFlags, ...flags];
  const used = withIncludes(name);
  const object = cached(hash(args, ...used.flatMap((file) => [file, text[file]])), "o");
  return (object.bytes ??= object.store(
    await llvm(["clang", ...args, "-c", `src/kernels/${name}`, "-o", "out"], {
      src: { kernels: Object.fromEntries(used.map((file) => [file, text[file]])) },
    }),
  ));
}

async function link(module, objects, flags) {
  const args = [...linkFlags, ...flags];
  const wasm = cached(hash(args, ...Object.entries(objects).flat()), "wasm");
  wasm.bytes ??= wasm.store(await llvm(["wasm-ld", ...args, ...Object.keys(objects), "-o", "out"], objects));
  const base64 = Buffer.from(wasm.bytes).toString("base64");
  writeWhole(
    join(out, `${module}.js`),
    `// Made by scripts/build-wasm.mjs from src/kernels/*.c.\nexport default "${base64}";\n${sourceMapUrl}\n`,
  );
  writeWhole(join(out, `${module}.d.ts`), "declare const base64: string;\nexport default base64;\n");
  process.stdout.write(`wasm/${module}.js ${(wasm.bytes.length / 1024).toFixed(0)} KiB\n`);
}

/** `name` and every header it includes, directly or not. */
function withIncludes(name, seen = []) {
  if (seen.includes(name)) return seen;
  if (text[name] === undefined) return seen;
  seen.push(name);
  for (const [, header] of text[name].matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) withIncludes(header, seen);
  return seen;
}

async function llvm(command, files) {
  const { runLLVM } = await import("@yowasp/clang");
  const messages = [];
  const keep = (bytes) => bytes && messages.push(Buffer.from(bytes));
  try {
    const tree = await runLLVM(command, files, { stdout: keep, stderr: keep, fetchProgress: () => {} });
    return tree.out;
  } catch (error) {
    throw new BuildError(Buffer.concat(messages).toString() || String(error));
  }
}

function cached(key, extension) {
  const path = join(cache, `${key}.${extension}`);
  const store = (bytes) => {
    writeWhole(path, bytes);
    return bytes;
  };
  try {
    return { bytes: readFileSync(path), store };
  } catch {
    return { bytes: undefined, store };
  }
}

/** Writes by renaming, so that two builds at once leave whole files. */
function writeWhole(path, data) {
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, data);
  renameSync(part, path);
}

function hash(args, ...parts) {
  const sum = createHash("sha256").update(llvmPackage.version).update(JSON.stringify(args));
  for (const part of parts) sum.update(part).update("\0");
  return sum.digest("hex").slice(0, 24);
}
