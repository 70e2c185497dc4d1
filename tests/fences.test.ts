import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

/** Fences marked `ts` in these pages are run as they stand, each as a module of its own; `ts no-run` are fragments. */
const ROOT = join(import.meta.dirname, "..");
const PAGES = ["README.md", "CONTRIBUTING.md", ...pagesBelow("docs"), ...packagePages()];
/** Inside the tree, so that bare imports resolve as they do for the packages. */
const WORK = join(ROOT, "tests", ".fences");

function pagesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name))
    .sort();
}

function packagePages(): string[] {
  const pages = readdirSync(join(ROOT, "packages")).map((name) => join("packages", name, "README.md"));
  return pages.filter((page) => existsSync(join(ROOT, page)));
}

function fencesOf(page: string): { line: number; code: string }[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split("\n").length,
    code: match[1] as string,
  }));
}

afterAll(() => rmSync(WORK, { recursive: true, force: true }));

describe.each(PAGES.map((page) => ({ page, fences: fencesOf(page) })).filter(({ fences }) => fences.length > 0))(
  "$page",
  ({ page, fences }) => {
    it.each(fences)("runs the fence at line $line", async ({ line, code }) => {
      mkdirSync(WORK, { recursive: true });
      const file = join(WORK, `${page.replaceAll(/[^a-z]/gi, "-")}-${line}.ts`);
      writeFileSync(file, `${code}\nexport {};\n`);
      await expect(import(/* @vite-ignore */ relative(import.meta.dirname, file).replace(/^/, "./"))).resolves.toBeDefined();
    });
  },
);

it("finds fences at all", () => {
  expect(PAGES.flatMap(fencesOf).length).toBeGreaterThan(0);
});
