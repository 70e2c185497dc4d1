/**
 * native/host and every kernel → build/libcuda-host.so, the driver that runs kernels on this very processor. With --asan it is
 * build/libcuda-host-asan.so: AddressSanitizer ends the process at the first access outside an allocation; preload libasan.
 */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, buildLibrary, main, sourcesIn } from "./compile.mjs";
import { localCompiler } from "./compiler.mjs";

/** @returns the library's path. */
export async function buildHostDriver({ asan = false } = {}) {
  const out = join(build, asan ? "libcuda-host-asan.so" : "libcuda-host.so");
  const sanitizer = asan ? ["-fsanitize=address", "-fno-omit-frame-pointer", "-g1"] : [];
  await buildLibrary({
    out,
    compiler: localCompiler(),
    sources: [...sourcesIn("host", ".cc"), ...sourcesIn("kernels", ".cu"), ...sourcesIn("test", ".cu")],
    headerFolders: ["", "host", "kernels"],
    compileFlags: [
      ..."-std=c++17 -O2 -march=native -fPIC -fvisibility=hidden -ffp-contract=off -Wall -Wextra -Werror -Wno-unknown-pragmas".split(
        " ",
      ),
      ...sanitizer,
    ],
    // Libraries that are linked to it find it by its name.
    linkFlags: [...sanitizer, `-Wl,-soname,${basename(out)}`, ..."-Wl,-z,nodelete -Wl,-z,now -pthread".split(" ")],
  });
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await main(() => buildHostDriver({ asan: process.argv.includes("--asan") }));
