import type { Compiler } from "./compiler.mjs";

/** True where `fetchZig` has nothing to do. */
export function hasZig(): boolean;
/** @throws BuildError where it hasn't been fetched. */
export function zigCompiler(): Compiler;
