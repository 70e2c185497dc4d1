import type { Compiler } from "./build-addon.mjs";

/** True where `zigCompiler` has nothing to fetch. */
export function hasZig(): boolean;
/** @throws BuildError if it can't be had. */
export function zigCompiler(target: string): Compiler;
