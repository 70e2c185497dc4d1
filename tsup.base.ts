import type { Options } from "tsup";

/** How every package is built: ESM for Node and browsers. Types come from a run of their own, `tsup --dts-only`. */
export const library = (entry: Record<string, string>): Options => ({
  entry,
  format: ["esm"],
  target: "es2022",
  platform: "neutral",
  external: [/^node:/],
  removeNodeProtocol: false,
  sourcemap: true,
  silent: true,
  // JavaScript and types are made side by side, so neither run removes what the other wrote.
  clean: process.argv.includes("--dts-only") ? false : ["!**/*.d.ts"],
  // Not the package's own: in that one other packages resolve to their sources.
  tsconfig: "../../tsconfig.base.json",
});
