import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { LibraryName } from "../addon";

/** A library's file names, the newest version first, and where wheels of pip and conda keep it. */
interface Row {
  readonly files: readonly string[];
  readonly wheels: readonly string[];
}

const ROWS: { readonly [Name in LibraryName]: Row } = {
  cuBLASLt: { files: ["libcublasLt.so.13", "libcublasLt.so.12"], wheels: ["nvidia/cu13/lib", "nvidia/cublas/lib"] },
  // Looked for second: what it needs of cuBLASLt is then there.
  cuDNN: { files: ["libcudnn.so.9"], wheels: ["nvidia/cudnn/lib"] },
};

/** In the order in which they are to be loaded. */
export const LIBRARIES = Object.keys(ROWS) as readonly LibraryName[];

/**
 * Where a library may be, best first: files that are there, and bare names, which the system's loader looks up. Only in the folders of
 * VERTEBRA_CUDA_LIBRARIES (dir:dir) where that is set.
 */
export function candidatesFor(library: LibraryName, { env = process.env } = {}): readonly string[] {
  const { files, wheels } = ROWS[library];
  const inFolders = (folders: readonly string[]) =>
    files.flatMap((file) => folders.map((folder) => join(folder, file))).filter((path) => existsSync(path));
  const named = env.VERTEBRA_CUDA_LIBRARIES;
  if (named) return inFolders(named.split(":").filter((folder) => folder !== ""));
  return [
    ...files,
    ...inFolders([...toolkitFolders(env), ...sitePackages(env).flatMap((site) => wheels.map((path) => join(site, path)))]),
  ];
}

/** What was looked for, for people. */
export function triedFor(library: LibraryName, { env = process.env } = {}): string {
  const files = ROWS[library].files.join(" and ");
  const named = env.VERTEBRA_CUDA_LIBRARIES;
  return named
    ? `no ${files} in ${named}`
    : `no ${files} on the loader's path, in /usr/local/cuda or in an active Python environment`;
}

type Environment = NodeJS.ProcessEnv;

const toolkitFolders = ({ CUDA_HOME, CUDA_PATH, CONDA_PREFIX }: Environment): string[] => [
  ...[CUDA_HOME, CUDA_PATH, "/usr/local/cuda"].flatMap((root) => (root ? [join(root, "lib64")] : [])),
  ...(CONDA_PREFIX ? [join(CONDA_PREFIX, "lib")] : []),
];

/** Of the Python environments that are active. */
function sitePackages({ VIRTUAL_ENV, CONDA_PREFIX }: Environment): string[] {
  return [VIRTUAL_ENV, CONDA_PREFIX].flatMap((root) => {
    const lib = root && join(root, "lib");
    if (!lib || !existsSync(lib)) return [];
    return readdirSync(lib)
      .filter((name) => name.startsWith("python3"))
      .map((name) => join(lib, name, "site-packages"));
  });
}
