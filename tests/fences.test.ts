import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { offerSwiftshader } from "../scripts/swiftshader.mjs";

/**
 * Fences marked `ts` in these pages are run as they stand, each as a module of its own; `ts webgpu` where there is a software GPU
 * out of npm; `ts no-run` are fragments.
 */
const FENCE = /^```ts( webgpu)?\n([\s\S]*?)^```$/gm;
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

interface Fence {
  readonly line: number;
  readonly code: string;
  readonly needsGpu: boolean;
}

function fencesOf(page: string): Fence[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(FENCE)].map((match) => ({
    line: text.slice(0, match.index).split("\n").length,
    code: match[2] as string,
    needsGpu: match[1] !== undefined,
  }));
}

/** Why there is no software GPU; undefined where there is one. @throws instead where PARITY_REQUIRE is set. */
function whyNoGpu(): string | undefined {
  try {
    offerSwiftshader();
    return undefined;
  } catch (error) {
    if (process.env.PARITY_REQUIRE) throw error;
    return String(error);
  }
}

const noGpu = whyNoGpu();

afterAll(() => rmSync(WORK, { recursive: true, force: true }));

describe.each(PAGES.map((page) => ({ page, fences: fencesOf(page) })).filter(({ fences }) => fences.length > 0))(
  "$page",
  ({ page, fences }) => {
    it.for(fences)("runs the fence at line $line", async ({ line, code, needsGpu }, { skip }) => {
      skip(needsGpu && noGpu !== undefined, noGpu);
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
