import { DTYPES } from "@vertebra/core";
import type { GpuOperand } from "../launch";
import { type Shader, shader } from "../shader";

/**
 * A kernel that moves bits, by units of 16 bytes or of a word. Its source moves words (`alias Unit = u32;`); elements smaller than
 * the unit are `PER_WORD` to a word.
 */
export interface Mover {
  readonly words: Shader;
  readonly quads: Shader;
}

export const mover = (name: string, code: string): Mover => ({
  words: shader(name, code),
  quads: shader(`${name} of quads`, code.replace("alias Unit = u32;", "alias Unit = vec4<u32>;")),
});

export const bytesOf = ({ dtype }: GpuOperand): number => DTYPES[dtype].bytes;

/** How many elements of `bytes` bytes can be moved as one: as many as 16 bytes or a word hold, if all that is counted `fits`. */
export function elementsTogether(bytes: number, fits: (elements: number) => boolean): number {
  return [16 / bytes, 4 / bytes].find(fits) ?? 1;
}

/** The kernel for units of `bytes` bytes. */
export const moverFor = ({ words, quads }: Mover, bytes: number) => ({
  shader: bytes === 16 ? quads : words,
  constants: { PER_WORD: perWord(bytes) },
});

/** Units of `bytes` bytes in a word, at least one: what an invocation writes at once. */
export const perWord = (bytes: number): number => Math.max(1, 4 / bytes);

/** What an invocation of a mover writes, a workgroup apart. */
export const WRITES = 4;
