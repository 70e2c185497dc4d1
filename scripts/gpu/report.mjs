import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { merge, page } from "./report-page.mjs";
import { readStep } from "./step-file.mjs";
import { STEPS } from "./steps.mjs";

/** Writes `<gpu>-webgpu.json` and `.md` from what the steps have left in `out`. @returns their paths */
export function writeReport({ out, bundle, facts, command }) {
  const files = STEPS.map(({ name }) => join(out, `${name}.json`))
    .filter(existsSync)
    .flatMap((path) => readStep(path, bundle) ?? []);
  const merged = merge(files, { command, facts });
  const path = join(out, merged.name);
  writeFileSync(`${path}.json`, `${JSON.stringify(merged, null, 1)}\n`);
  writeFileSync(`${path}.md`, page(merged));
  return [`${path}.json`, `${path}.md`];
}
