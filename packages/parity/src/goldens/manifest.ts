import { FileFormatError } from "@vertebra/core";

/** Where golden rows come from: a folder, a download, an archive. */
export interface GoldenSource {
  /** Bytes of `manifest.json` or of a row's file. */
  read(name: string): Promise<Uint8Array>;
}

/** A folder of golden rows on disk, in Node. */
export function goldenFolder(path: string): GoldenSource {
  const host = globalThis as {
    process?: { getBuiltinModule?: (name: string) => { readFile(path: string): Promise<Uint8Array> } };
  };
  const files = host.process?.getBuiltinModule?.("node:fs/promises");
  if (!files)
    throw new FileFormatError(path, { rule: "a folder of goldens can be read in Node only", fix: "Pass a GoldenSource" });
  return { read: (name) => files.readFile(`${path}/${name}`) };
}

export type CompareMode = "reference" | "exact" | "float32" | "error";

/** What is known of an output or a gradient beside its values. */
export interface GoldenValue {
  /** Absolute; absent where values must be equal. */
  readonly tolerance?: number;
}

export interface GoldenRow {
  readonly case: string;
  readonly op: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly compare: CompareMode;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, GoldenValue>>;
  readonly gradients: Readonly<Record<string, GoldenValue>>;
  /** Absent where all is in the row (learning rate schedules). */
  readonly file?: string;
  /** Of `lr_schedule`. */
  readonly values?: readonly number[];
  readonly tolerance?: number;
}

const MODES: readonly string[] = ["reference", "exact", "float32", "error"] satisfies CompareMode[];

/** The rows of a manifest. @throws FileFormatError naming the row that isn't one. */
export function parseManifest(bytes: Uint8Array): GoldenRow[] {
  const rows: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (!Array.isArray(rows))
    throw new FileFormatError("manifest.json", { rule: "the manifest must be a list of rows", got: typeof rows });
  return rows.map(toRow);
}

function toRow(value: unknown, index: number): GoldenRow {
  const row = asObject(value);
  if (typeof row.case !== "string" || typeof row.op !== "string" || !MODES.includes(String(row.compare))) {
    throw new FileFormatError("manifest.json", {
      rule: `row ${index} must have a case, an op and compare ${MODES.join(", ")}`,
      got: JSON.stringify(value)?.slice(0, 80) ?? "nothing",
    });
  }
  return {
    case: row.case,
    op: row.op,
    compare: row.compare as CompareMode,
    attrs: asObject(toNumbers(row.attrs ?? {})),
    inputs: asObject(row.inputs ?? {}),
    outputs: asObject(row.outputs ?? {}) as GoldenRow["outputs"],
    gradients: asObject(row.gradients ?? {}) as GoldenRow["gradients"],
    ...(typeof row.file === "string" && { file: row.file }),
    ...(Array.isArray(row.values) && { values: toNumbers(row.values) as number[] }),
    ...(typeof row.tolerance === "number" && { tolerance: row.tolerance }),
  };
}

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** JSON has no infinities: they are written as strings. */
function toNumbers(value: unknown): unknown {
  if (value === "Infinity" || value === "-Infinity" || value === "NaN") return Number(value);
  if (Array.isArray(value)) return value.map(toNumbers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toNumbers(inner)]));
}
