import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";

/** What a reader needs to judge times; no names of hosts. */
export function machine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores`,
    node: process.versions.node,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(1)),
  };
}

/**
 * Writes an example's files and says where they are.
 * @param {string} folder
 * @param {Readonly<Record<string, unknown>>} files text as it stands, anything else as JSON
 */
export function save(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const [name, contents] of Object.entries(files)) {
    const path = join(folder, name);
    writeFileSync(path, typeof contents === "string" ? contents : `${toJson(contents)}\n`);
    console.log(`wrote ${path}`);
  }
}

/**
 * JSON with arrays of numbers on one line each.
 * @param {unknown} value
 */
function toJson(value) {
  return JSON.stringify(value, null, 2).replaceAll(/\[[^[\]{}"]*\]/g, (numbers) => numbers.replaceAll(/\s+/g, " "));
}

/**
 * @param {readonly number[]} values
 * @param {number} [digits]
 */
export const rounded = (values, digits = 4) => values.map((value) => Number(value.toPrecision(digits)));

/** @param {readonly number[]} values */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
