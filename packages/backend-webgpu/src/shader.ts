/// <reference path="./wgsl.d.ts" />
import type { DType } from "@vertebra/core";

/** A kernel: whole WGSL and what its declarations say about its bindings. */
export interface Shader {
  /** The op or part of it, for labels and messages. */
  readonly name: string;
  readonly code: string;
  /** Storage buffers in binding order: `r` read only, `w` written. */
  readonly access: string;
}

const STORAGE = /@binding\((\d+)\)\s*var<storage(?:,\s*(read|read_write))?>/g;

/**
 * A kernel from its source. Binding 0 is the uniform struct of words, bindings 1, 2, … are storage buffers; the entry point
 * is `main`.
 */
export function shader(name: string, code: string): Shader {
  const found = [...code.matchAll(STORAGE)].map(([, binding, access]) => [Number(binding), access] as const);
  found.sort(([a], [b]) => a - b);
  const isInOrder = found.every(([binding], i) => binding === i + 1);
  if (!isInOrder) throw new Error(`${name}.wgsl: storage buffers must have the bindings 1, 2, … in order`);
  const access = found.map(([, mode]) => (mode === "read_write" ? "w" : "r")).join("");
  return { name, code, access };
}

/**
 * The source with other values of module constants (`const TM = 4u;`): sizes of register tiles, which no `override` can be. The
 * file compiles as it stands, with its own values.
 */
export function withConstants(code: string, values: Readonly<Record<string, number>>): string {
  let result = code;
  for (const [name, value] of Object.entries(values)) {
    const declaration = new RegExp(`^const ${name} = \\d+u;`, "m");
    if (!declaration.test(result)) throw new Error(`no "const ${name} = …u;" in the kernel`);
    result = result.replace(declaration, `const ${name} = ${value}u;`);
  }
  return result;
}

/** A kernel by the dtype of its operands and that of its result; by default the same. */
export type TypedShader = (operands: DType, result?: DType) => Shader;

/** The variants of a kernel whose elements have the types `alias T = f32;` (of operands) and `alias Y = f32;` (of the result). */
export function typedShader(name: string, code: string): TypedShader {
  const made = new Map<string, Shader>();
  return (operands, result = operands) => {
    const key = `${operands} ${result}`;
    const known = made.get(key);
    if (known) return known;
    const isHalf = operands === "f16" || result === "f16";
    const typed = withAlias(withAlias(code, "T", operands), "Y", result);
    const created = isHalf ? shader(`${name}-f16`, `enable f16;\n${typed}`) : shader(name, typed);
    made.set(key, created);
    return created;
  };
}

const withAlias = (code: string, alias: string, dtype: DType): string =>
  dtype === "f16" ? code.replace(`alias ${alias} = f32;`, `alias ${alias} = f16;`) : code;
