import { mkdirSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { listModels } from "@vertebra/models";
import { test } from "vitest";
import sharp from "sharp";
import { compareModels } from "./comparison";
// @ts-ignore
import { figures } from "../../../scripts/figures.mjs";
test("draw", async () => {
  mkdirSync("../../docs/backbones/figures".replace("../../", "/work/main/"), { recursive: true });
  for (const [path, svg] of Object.entries(figures(compareModels(listModels())) as Record<string, string>)) {
    writeFileSync(`/work/main/${path}`, svg);
    await sharp(Buffer.from(svg), { density: 110 }).png().toFile(`/tmp/hj/${basename(path, ".svg")}.png`);
  }
});
