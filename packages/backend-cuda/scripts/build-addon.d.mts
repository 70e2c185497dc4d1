/** A program that takes g++'s arguments, and the environment it needs. */
export interface Compiler {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
/** @returns the addon's path. */
export function buildAddon(options?: { out?: string; compiler?: Compiler | undefined }): Promise<string>;
