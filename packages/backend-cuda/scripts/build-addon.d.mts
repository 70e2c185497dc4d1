import type { Compiler } from "./compiler.mjs";

/** @returns the addon's path. */
export function buildAddon(options?: { out?: string; compiler?: Compiler | undefined }): Promise<string>;
