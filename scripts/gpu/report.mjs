import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { merge, page } from "./report-page.mjs";
import { readStep } from "./step-file.mjs";
import { STEPS } from "./steps.mjs";

/** Writes `<gpu>-<backend>.json` and `.md` from what the steps of each backend have left in `out`. @returns their paths: none without a step */
export function writeReports({ backends, out, bundle, facts, command }) {
  const documents = new Map(backends.flatMap((backend) => documentOf({ backend, out, bundle, facts, command })));
  return [...documents.values()].flatMap((merged) => {
    const path = join(out, merged.name);
    writeFileSync(`${path}.json`, `${JSON.stringify(merged, null, 1)}\n`);
    writeFileSync(`${path}.md`, page(merged, { beside: documents.get("webgpu") }));
    return [`${path}.json`, `${path}.md`];
  });
}

/** @returns the backend with its document, or nothing */
function documentOf({ backend, out, bundle, facts, command }) {
  const files = STEPS.filter((row) => row.backend === backend)
    .map(({ name }) => join(out, `${name}.json`))
    .filter(existsSync)
    .flatMap((path) => readStep(path, bundle) ?? []);
  return files.length === 0 ? [] : [[backend, merge(files, { backend, command, facts })]];
}
