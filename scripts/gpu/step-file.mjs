import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** @typedef {import("./step-file.d.mts").StepFile} StepFile */

/** A case that has ended the process, or outlasted the limit, this often isn't tried again. */
export const MOST_STARTS = 2;

/** @returns {StepFile} */
export const emptyStep = (step, bundle) => ({ step, bundle, state: "running", seconds: 0, records: {}, begun: {} });

/** The step's file if it is there and of this bundle: results of other kernels are no use. @returns {StepFile | undefined} */
export function readStep(path, bundle) {
  if (!existsSync(path)) return undefined;
  const file = JSON.parse(readFileSync(path, "utf8"));
  return bundle === undefined || file.bundle === bundle ? file : undefined;
}

/** Whole or not at all: a step may be ended at any time. */
export function writeStep(path, file) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, `${JSON.stringify(file, null, 1)}\n`);
  renameSync(`${path}.part`, path);
}

/** `--only conv2d,matmul`: a case is meant by its whole name or by the words that it begins with. */
export const isWanted = (key, only) => only === undefined || only.some((text) => key === text || key.startsWith(`${text} `));

/** @param {StepFile | undefined} file */
export function countOf(file) {
  const records = Object.values(file?.records ?? {});
  const failed = records.filter(({ ok }) => ok === false).length;
  const skipped = records.filter((record) => record.skipped !== undefined).length;
  return { done: records.length - failed - skipped, failed, skipped };
}
