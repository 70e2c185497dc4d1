import type { Compiler } from "./compiler.mjs";

/** @returns a line for each kernel that spills registers. */
export function buildPackage(options?: { folder?: string; compiler?: Compiler; isRelease?: boolean }): Promise<string[]>;
/** @throws BuildError naming all that is wrong. */
export function checkPackage(options?: { folder?: string }): void;
