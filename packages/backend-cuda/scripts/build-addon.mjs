/**
 * native/addon and native/vendor → build/vertebra-cuda.node, with a C++17 compiler and the headers of two npm packages. The
 * C++ runtime is inside; of the C library it needs what the machine has that it was built on. build-package.mjs makes one for older
 * machines too.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BuildError, build, buildLibrary, main, sourcesIn } from "./compile.mjs";
import { localCompiler } from "./compiler.mjs";

const require = createRequire(import.meta.url);

/** The addon's file, in whatever folder. */
export const ADDON = "vertebra-cuda.node";

/** @returns the addon's path. */
export async function buildAddon({ out = join(build, ADDON), compiler = undefined } = {}) {
  const includes = headerFolders().flatMap((folder) => ["-isystem", folder]);
  await buildLibrary({
    out,
    compiler: compiler ?? localCompiler(),
    sources: [...sourcesIn("addon", ".cc"), ...sourcesIn("vendor", ".cc")],
    headerFolders: ["", "addon", "vendor"],
    compileFlags: [
      ..."-std=c++17 -O2 -fPIC -fvisibility=hidden -Wall -Wextra -Werror".split(" "),
      ..."-DNAPI_VERSION=8 -DNODE_ADDON_API_CPP_EXCEPTIONS".split(" "),
      ...includes,
    ],
    // nodelete: a worker that ends takes its addons along, but the threads that wait for the GPU may still be in this one.
    linkFlags: [
      ..."-static-libgcc -static-libstdc++ -Wl,--version-script=native/addon/exports.map".split(" "),
      ..."-Wl,-z,nodelete -Wl,-z,now -Wl,--gc-sections -s -pthread -ldl".split(" "),
    ],
  });
  return out;
}

function headerFolders() {
  try {
    return [dirname(require.resolve("node-addon-api/package.json")), require("node-api-headers").include_dir];
  } catch {
    throw new BuildError("the headers are missing: npm install node-addon-api node-api-headers");
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(buildAddon);
