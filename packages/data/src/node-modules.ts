import { ArgumentError } from "@vertebra/core";

type Builtins = {
  readonly "node:fs/promises": typeof import("node:fs/promises");
  readonly "node:module": typeof import("node:module");
  readonly "node:path": typeof import("node:path");
  readonly "node:util": typeof import("node:util");
  readonly "node:zlib": typeof import("node:zlib");
};

/**
 * A module of Node's own, asked for at call time: the package's main entry has no `node:` import and loads in a browser too.
 * @throws ArgumentError outside Node.
 */
export function nodeModule<Name extends keyof Builtins>(name: Name, where: string): Builtins[Name] {
  const module = globalThis.process?.getBuiltinModule?.(name);
  if (module !== undefined) return module as Builtins[Name];
  const fix = "In a browser, fetch the files and give their bytes to mnistFromBytes";
  throw new ArgumentError(where, { rule: "reading folders needs Node 20.16 or later", got: "no process.getBuiltinModule", fix });
}
