/** A program that takes g++'s arguments, and the environment it needs. */
export interface Compiler {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
/** @throws BuildError where there is none, saying how to get one. */
export function localCompiler(): Compiler;
/** AddressSanitizer's runtime; undefined where the compiler has none. */
export function findSanitizer(): string | undefined;
