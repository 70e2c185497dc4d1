import type { Plugin } from "vite";

/** Imports of kernels (`*.wgsl`) as text, as tsup and esbuild do it with their text loader. */
export const wgslText = (): Plugin => ({
  name: "wgsl-text",
  transform: (code, id) => (id.endsWith(".wgsl") ? `export default ${JSON.stringify(code)};` : undefined),
});
