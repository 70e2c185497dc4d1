#!/usr/bin/env node
import { existsSync } from "node:fs";

const entry = new URL("../dist/index.js", import.meta.url);
if (!existsSync(entry)) {
  console.error("vertebra: packages/cli/dist is missing. Run `pnpm build` first (or `npm run quickstart`, which does it all).");
  process.exit(1);
}
const { main } = await import(entry.href);
process.exitCode = await main(process.argv.slice(2));
