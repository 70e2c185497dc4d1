import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, inject, it } from "vitest";

const maxBuffer = 2 ** 25;
const LAYOUTS = join(import.meta.dirname, "../../packages/models/goldens/layouts.json");
/** By model; with SHA-256 of PyTorch's `print(model)` where PyTorch has the model. */
const layouts = JSON.parse(readFileSync(LAYOUTS, "utf8")) as Record<string, { readonly printed?: string }>;

describe("@vertebra/models installed from its tarball", () => {
  let printed: Record<string, string>;
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["models.js"], { cwd: inject("installed"), maxBuffer });
    printed = JSON.parse(stdout);
  });

  it("has all models", () => {
    expect(Object.keys(printed)).toEqual(Object.keys(layouts));
  });

  // Bundling may rename classes, which are the names of layers.
  it.each(Object.keys(layouts).filter((name) => layouts[name]?.printed))("prints %s as PyTorch does", (name) => {
    const hash = createHash("sha256").update(String(printed[name])).digest("hex");
    expect(hash, printed[name]?.slice(0, 500)).toBe(layouts[name]?.printed);
  });
});
