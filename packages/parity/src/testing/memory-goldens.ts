import { encode, type HostTensor, type NestedNumbers, writeSafetensors } from "@vertebra/core";
import type { GoldenSource } from "../goldens/manifest";

/** A golden row written by hand. */
export interface HandRow {
  readonly op: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly inputs?: Readonly<Record<string, NestedNumbers>>;
  /** Inputs that are class indices: I64 in the file. */
  readonly indices?: Readonly<Record<string, readonly number[]>>;
  readonly outputs?: Readonly<Record<string, NestedNumbers>>;
  /** What is fed back and the gradients by input. */
  readonly fedBack?: Readonly<Record<string, NestedNumbers>>;
  readonly gradients?: Readonly<Record<string, NestedNumbers>>;
  readonly compare?: string;
  readonly tolerance?: number;
  readonly row?: Readonly<Record<string, unknown>>;
}

/** Rows in memory as a folder of goldens, with cases named by their numbers. */
export function memoryGoldens(rows: readonly HandRow[]): GoldenSource {
  const files = new Map<string, Uint8Array>();
  const manifest = rows.map((row, i) => {
    const { tolerance = 1e-12, compare = "reference" } = row;
    const all = { in: row.inputs, out: row.outputs, gout: row.fedBack, grad: row.gradients };
    const entries = Object.entries(all).flatMap(([prefix, values]) =>
      Object.entries(values ?? {}).map(([name, value]) => [`${prefix}.${name}`, toStored(value)] as const),
    );
    const indices = Object.entries(row.indices ?? {}).map(([name, list]) => [`in.${name}`, toInt64(list)] as const);
    files.set(`${i}.safetensors`, concat(writeSafetensors([...entries, ...indices])));
    const expected = (values: HandRow["outputs"]) =>
      Object.fromEntries(Object.keys(values ?? {}).map((name) => [name, { tolerance }]));
    const fields = { case: `${i}`, op: row.op, attrs: row.attrs ?? {}, compare, file: `${i}.safetensors` };
    return { ...fields, outputs: expected(row.outputs), gradients: expected(row.gradients), ...row.row };
  });
  files.set("manifest.json", new TextEncoder().encode(JSON.stringify(manifest)));
  return { read: async (name) => files.get(name) as Uint8Array };
}

function toStored(value: NestedNumbers): HostTensor {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner); inner = inner[0] as NestedNumbers) shape.push(inner.length);
  const flat = [value].flat(Number.POSITIVE_INFINITY as 1) as number[];
  return { dtype: "f64", shape, bytes: encode(flat, "f64") };
}

const toInt64 = (list: readonly number[]): HostTensor => ({
  dtype: "i64",
  shape: [list.length],
  bytes: new Uint8Array(BigInt64Array.from(list, BigInt).buffer),
});

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
