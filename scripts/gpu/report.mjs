import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { merge, page } from "./report-page.mjs";
import { readStep } from "./step-file.mjs";
import { STEPS } from "./steps.mjs";

/** Writes `<gpu>-<backend>.json` and `.md` from what the steps of a backend have left in `out`. @returns their paths: none without a step */
export function writeReport({ backend, out, bundle, facts, command }) {
  const files = STEPS.filter((row) => row.backend === backend)
    .map(({ name }) => join(out, `${name}.json`))
    .filter(existsSync)
    .flatMap((path) => readStep(path, bundle) ?? []);
  if (files.length === 0) return [];
  const merged = merge(files, { backend, command, facts });
  const path = join(out, merged.name);
  writeFileSync(`${path}.json`, `${JSON.stringify(merged, null, 1)}\n`);
  writeFileSync(`${path}.md`, page(merged));
  return [`${path}.json`, `${path}.md`];
}
