/// <reference path="./wgsl.d.ts" />
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
