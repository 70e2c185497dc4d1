/** Which C++ compiler makes what runs on this machine: the one that CXX names, else g++, else Zig's if somebody has fetched it. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BuildError, root } from "./compile.mjs";
import { hasZig, zigCompiler } from "./zig.mjs";

/** A program that takes g++'s arguments, and the environment it needs. @throws BuildError where there is none, saying how to get one. */
export function localCompiler() {
  const found = installedCompiler() ?? (hasZig() ? zigCompiler() : undefined);
  if (found) return found;
  const fetching = `node "${join(root, "scripts/build-tests.mjs")}"`;
  throw new BuildError(`no C++ compiler: no g++. Install it, name another in CXX, or fetch Zig's, 90 MB, by ${fetching}`);
}

/** The machine's own; undefined where it has none. */
export function installedCompiler() {
  if (process.env.CXX) return { command: [process.env.CXX], env: {} };
  return spawnSync("g++", ["--version"], { stdio: "ignore" }).status === 0 ? { command: ["g++"], env: {} } : undefined;
}

/** AddressSanitizer's runtime, which must be loaded before Node's own allocations; undefined where the compiler has none, as Zig's. */
export function findSanitizer() {
  const compiler = installedCompiler();
  if (!compiler) return undefined;
  const [program] = compiler.command;
  try {
    const path = execFileSync(program, ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim();
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}
