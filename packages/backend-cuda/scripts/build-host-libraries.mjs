/**
 * native/host/cublaslt and native/host/cudnn → build/libcublaslt-host.so and build/libcudnn-host.so: the functions of NVIDIA's libraries
 * that are used here, on the processor, for the test driver, which they are linked to.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildHostDriver } from "./build-host-driver.mjs";
import { build, buildLibrary, main, sourcesIn } from "./compile.mjs";
import { localCompiler } from "./compiler.mjs";

/** @returns the folder that has them. */
export async function buildHostLibraries() {
  const driver = await buildHostDriver();
  for (const name of ["cublaslt", "cudnn"])
    await buildLibrary({
      out: join(build, `lib${name}-host.so`),
      compiler: localCompiler(),
      sources: sourcesIn(`host/${name}`, ".cc"),
      headerFolders: ["", "vendor", "host", `host/${name}`],
      compileFlags: "-std=c++17 -O2 -fPIC -fvisibility=hidden -ffp-contract=off -Wall -Wextra -Werror".split(" "),
      linkFlags: [driver, ..."-Wl,-rpath,$ORIGIN -Wl,-z,nodelete -Wl,-z,now -pthread".split(" ")],
    });
  return build;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(buildHostLibraries);
