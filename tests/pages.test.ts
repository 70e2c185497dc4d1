import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { pages } from "../scripts/pages.mjs";

it.each(Object.entries(pages()))("%s is current (else: pnpm build && pnpm pages)", (path, text) => {
  expect(readFileSync(join(import.meta.dirname, "..", path), "utf8")).toBe(text);
});
